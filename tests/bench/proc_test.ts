import assert from "node:assert/strict";
import { parseCpuTime, parseMemory } from "../../bench/proc.ts";

/** Fields 1 to 17; 14 and 15 are the CPU time. */
const STAT = "1234 (deno) S 1 2 3 0 -1 4194304 5 6 7 8 150 25 9 10\n";

Deno.test("parseCpuTime() adds user and kernel time, in milliseconds", () => {
  assert.equal(parseCpuTime(STAT), 1_750);
});

Deno.test("parseCpuTime() is not misled by the program's name", () => {
  assert.equal(parseCpuTime(STAT.replace("(deno)", "(a b) 9 (c)")), 1_750);
});

Deno.test("parseCpuTime() refuses what is no stat line", () => {
  assert.throws(() => parseCpuTime("1234 (deno) S\n"), TypeError);
});

Deno.test("parseMemory() gives the figure in bytes", () => {
  const status = "Name:\tdeno\nVmPeak:\t   9 kB\nVmHWM:\t    2048 kB\n" +
    "VmRSS:\t    1024 kB\n";
  assert.equal(parseMemory(status, "VmHWM"), 2_097_152);
  assert.equal(parseMemory(status, "VmRSS"), 1_048_576);
  assert.throws(() => parseMemory("Name:\tdeno\n", "VmRSS"), TypeError);
});

import assert from "node:assert/strict";
import { BenchError } from "../../bench/errors.ts";
import { splitCommand } from "../../bench/servers.ts";

Deno.test("splitCommand() splits at spaces", () => {
  assert.deepEqual(splitCommand("  ./service --flag  x "), [
    "./service",
    "--flag",
    "x",
  ]);
});

Deno.test("splitCommand() takes deno to be this Deno", () => {
  assert.deepEqual(splitCommand("deno run main.ts"), [
    Deno.execPath(),
    "run",
    "main.ts",
  ]);
});

Deno.test("splitCommand() refuses an empty command", () => {
  assert.throws(() => splitCommand("  "), BenchError);
});

import assert from "node:assert/strict";
import { BenchError } from "../../bench/errors.ts";
import { parseLog, writeBody } from "../../bench/load.ts";

const START = 1_800_000_000_000_000;

/** A log of requests that start 1 ms after each other and take 2 ms, 4 ms, 6 ms, … */
function makeLog(requests: number): string {
  return Array.from(
    { length: requests },
    (_, index) => `${START + index * 1_000}\t200\t${(index + 1) * 2_000}\n`,
  ).join("");
}

Deno.test("parseLog() finds rate and percentiles from first start to last answer", () => {
  // The last of 100 starts after 99 ms and takes 200 ms.
  assert.deepEqual(parseLog(makeLog(100), { requests: 100 }), {
    rate: 100 / 0.299,
    p50: 100,
    p99: 198,
  });
});

Deno.test("parseLog() does not count what starts in the time to skip", () => {
  const figures = parseLog(makeLog(100), { requests: 100, skip: 0.05 });
  // 50 are left: the first takes 102 ms.
  assert.deepEqual(figures, { rate: 50 / 0.249, p50: 150, p99: 200 });
});

Deno.test("parseLog() takes rows in the order of their answers", () => {
  const log = `${START + 500}\t200\t100\n${START}\t200\t1000\n`;
  const { rate } = parseLog(log, { requests: 2 });
  assert.equal(rate, 2 / 0.001);
});

Deno.test("parseLog() refuses a log with a missing, refused or broken request", () => {
  const failed = `${START}\t200\t10\n${START}\t503\t10\n${START}\t-1\t10\n`;
  assert.throws(
    () => parseLog(failed, { requests: 3 }),
    new BenchError("1 of 3 events were answered with 200: expected all"),
  );
  assert.throws(() => parseLog("", { requests: 3 }), BenchError);
  assert.throws(() => parseLog(makeLog(4), { requests: 3 }), BenchError);
});

Deno.test("parseLog() refuses to skip everything", () => {
  assert.throws(
    () => parseLog(makeLog(3), { requests: 3, skip: 1 }),
    new BenchError("No event was sent after 1 s: expected some"),
  );
});

Deno.test("writeBody() frames the message as gRPC does", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await writeBody(folder, new Uint8Array(258).fill(7));
    const bytes = await Deno.readFile(`${folder}/body.bin`);
    assert.deepEqual([...bytes.subarray(0, 6)], [0, 0, 0, 1, 2, 7]);
    assert.equal(bytes.length, 263);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

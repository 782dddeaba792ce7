import assert from "node:assert/strict";
import {
  createLane,
  type LaneOptions,
} from "../../lib/eventstream/partition_queue.ts";
import { settle } from "../_support/fake_time.ts";
import { recordAt, recordsFrom, TOPIC } from "./_records.ts";

const PARTITION = { topic: TOPIC, partition: 0 };

function start(options: Partial<LaneOptions> = {}) {
  const handled: number[] = [];
  const lane = createLane({
    partition: PARTITION,
    start: { offset: 0n },
    after: undefined,
    handle(record) {
      handled.push(Number(record.offset));
      return Promise.resolve(true);
    },
    isOpen: () => true,
    onProgress() {},
    ...options,
  });
  const push = (first: number, end: number, next = end) =>
    lane.push(
      {
        ...PARTITION,
        records: recordsFrom(first, end),
        next: BigInt(next),
        end: 0n,
      },
      lane.position.offset,
    );
  return { lane, handled, push };
}

Deno.test("records are handled in order, and what is before them is done", async () => {
  const { lane, handled, push } = start();
  push(0, 3);
  push(3, 5);
  await settle();
  assert.deepEqual(handled, [0, 1, 2, 3, 4]);
  assert.equal(lane.done.offset, 5n);
  assert.equal(lane.position.offset, 5n);
  await lane.stop();
});

Deno.test("a record that is not done with is not passed over", async () => {
  const gate = Promise.withResolvers<boolean>();
  const { lane, push } = start({
    handle: ({ offset }) =>
      offset === 1n ? gate.promise : Promise.resolve(true),
  });
  push(0, 3);
  await settle();
  assert.equal(lane.done.offset, 1n);
  gate.resolve(true);
  await settle();
  assert.equal(lane.done.offset, 3n);
  await lane.stop();
});

Deno.test("what is hidden behind the last record is done with it", async () => {
  const { lane, push } = start();
  push(0, 2, 4);
  await settle();
  assert.equal(lane.done.offset, 4n);
  push(4, 4, 9);
  assert.equal(lane.done.offset, 9n);
  await lane.stop();
});

Deno.test("what is hidden behind records that wait is not done before them", async () => {
  const gate = Promise.withResolvers<boolean>();
  const { lane, push } = start({ handle: () => gate.promise });
  push(0, 1, 1);
  push(1, 1, 7);
  await settle();
  assert.equal(lane.done.offset, 0n);
  gate.resolve(true);
  await settle();
  assert.equal(lane.done.offset, 7n);
  await lane.stop();
});

Deno.test("a lane that is stopped ends the record at hand, and begins no other", async () => {
  const gate = Promise.withResolvers<boolean>();
  const begun: bigint[] = [];
  const { lane, push } = start({
    handle({ offset }) {
      begun.push(offset);
      return gate.promise;
    },
  });
  push(0, 3);
  await settle();
  const stopped = lane.stop();
  gate.resolve(true);
  await stopped;
  assert.deepEqual(begun, [0n]);
  assert.equal(lane.done.offset, 1n);
  assert.equal(lane.wantsMore, false);
});

Deno.test("a record that was given up is not done", async () => {
  const { lane, push } = start({
    handle: (_record, stop) =>
      new Promise((resolve) => {
        stop.addEventListener("abort", () => resolve(false));
      }),
  });
  push(0, 1);
  await settle();
  await lane.stop();
  assert.equal(lane.done.offset, 0n);
});

Deno.test("a lane that is closed begins nothing until it is open", async () => {
  const state = { isOpen: false };
  const { lane, handled, push } = start({ isOpen: () => state.isOpen });
  push(0, 2);
  await settle();
  assert.deepEqual(handled, []);
  state.isOpen = true;
  lane.wake();
  await settle();
  assert.deepEqual(handled, [0, 1]);
  await lane.stop();
});

Deno.test("a lane begins when what was before it has ended", async () => {
  const before = Promise.withResolvers<void>();
  const { lane, handled, push } = start({ after: before.promise });
  push(0, 1);
  await settle();
  assert.deepEqual(handled, []);
  before.resolve();
  await settle();
  assert.deepEqual(handled, [0]);
  await lane.stop();
});

Deno.test("a lane has room up to a bound, and again when records are done", async () => {
  const gate = Promise.withResolvers<boolean>();
  const { lane, push } = start({ handle: () => gate.promise });
  push(0, 499);
  assert.equal(lane.wantsMore, true);
  push(499, 500);
  assert.equal(lane.wantsMore, false);
  gate.resolve(true);
  await settle();
  assert.equal(lane.wantsMore, true);
  assert.equal(lane.bufferedBytes, 0);
  await lane.stop();
});

Deno.test("a few large records fill a lane, too", async () => {
  const gate = Promise.withResolvers<boolean>();
  const { lane } = start({ handle: () => gate.promise });
  const value = new Uint8Array(600_000);
  const records = [{ ...recordAt(0), value }];
  lane.push({ ...PARTITION, records, next: 1n, end: 1n }, 0n);
  assert.equal(lane.wantsMore, false);
  gate.resolve(true);
  await lane.stop();
});

Deno.test("records that do not follow on are left out", async () => {
  const { lane, handled } = start();
  lane.push(
    { ...PARTITION, records: recordsFrom(5, 6), next: 6n, end: 6n },
    5n,
  );
  await settle();
  assert.deepEqual(handled, []);
  assert.equal(lane.position.offset, 0n);
  lane.seek({ offset: 5n });
  lane.push(
    { ...PARTITION, records: recordsFrom(5, 6), next: 6n, end: 6n },
    5n,
  );
  await settle();
  assert.deepEqual(handled, [5]);
  await lane.stop();
});

import assert from "node:assert/strict";
import {
  createPartitionQueue,
  type PartitionQueueOptions,
} from "../../lib/eventstream/partition_queue.ts";
import { settle } from "../_support/fake_time.ts";
import { recordAt, recordsFrom, TOPIC } from "./_records.ts";

const PARTITION = { topic: TOPIC, partition: 0 };

function start(options: Partial<PartitionQueueOptions> = {}) {
  const handled: number[] = [];
  const queue = createPartitionQueue({
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
    queue.push(
      {
        ...PARTITION,
        records: recordsFrom(first, end),
        next: BigInt(next),
        end: 0n,
      },
      queue.position.offset,
    );
  return { queue, handled, push };
}

Deno.test("records are handled in order, and what is before them is done", async () => {
  const { queue, handled, push } = start();
  push(0, 3);
  push(3, 5);
  await settle();
  assert.deepEqual(handled, [0, 1, 2, 3, 4]);
  assert.equal(queue.done.offset, 5n);
  assert.equal(queue.position.offset, 5n);
  await queue.stop();
});

Deno.test("a record that is not done with is not passed over", async () => {
  const gate = Promise.withResolvers<boolean>();
  const { queue, push } = start({
    handle: ({ offset }) =>
      offset === 1n ? gate.promise : Promise.resolve(true),
  });
  push(0, 3);
  await settle();
  assert.equal(queue.done.offset, 1n);
  gate.resolve(true);
  await settle();
  assert.equal(queue.done.offset, 3n);
  await queue.stop();
});

Deno.test("what is hidden behind the last record is done with it", async () => {
  const { queue, push } = start();
  push(0, 2, 4);
  await settle();
  assert.equal(queue.done.offset, 4n);
  push(4, 4, 9);
  assert.equal(queue.done.offset, 9n);
  await queue.stop();
});

Deno.test("what is hidden behind records that wait is not done before them", async () => {
  const gate = Promise.withResolvers<boolean>();
  const { queue, push } = start({ handle: () => gate.promise });
  push(0, 1, 1);
  push(1, 1, 7);
  await settle();
  assert.equal(queue.done.offset, 0n);
  gate.resolve(true);
  await settle();
  assert.equal(queue.done.offset, 7n);
  await queue.stop();
});

Deno.test("a queue that is stopped ends the record at hand, and begins no other", async () => {
  const gate = Promise.withResolvers<boolean>();
  const begun: bigint[] = [];
  const { queue, push } = start({
    handle({ offset }) {
      begun.push(offset);
      return gate.promise;
    },
  });
  push(0, 3);
  await settle();
  const stopped = queue.stop();
  gate.resolve(true);
  await stopped;
  assert.deepEqual(begun, [0n]);
  assert.equal(queue.done.offset, 1n);
  assert.equal(queue.wantsMore, false);
});

Deno.test("a record that was given up is not done", async () => {
  const { queue, push } = start({
    handle: (_record, stop) =>
      new Promise((resolve) => {
        stop.addEventListener("abort", () => resolve(false));
      }),
  });
  push(0, 1);
  await settle();
  await queue.stop();
  assert.equal(queue.done.offset, 0n);
});

Deno.test("a queue that is closed begins nothing until it is open", async () => {
  const state = { isOpen: false };
  const { queue, handled, push } = start({ isOpen: () => state.isOpen });
  push(0, 2);
  await settle();
  assert.deepEqual(handled, []);
  state.isOpen = true;
  queue.wake();
  await settle();
  assert.deepEqual(handled, [0, 1]);
  await queue.stop();
});

Deno.test("a queue begins when what was before it has ended", async () => {
  const before = Promise.withResolvers<void>();
  const { queue, handled, push } = start({ after: before.promise });
  push(0, 1);
  await settle();
  assert.deepEqual(handled, []);
  before.resolve();
  await settle();
  assert.deepEqual(handled, [0]);
  await queue.stop();
});

Deno.test("a queue has room up to a bound, and again when records are done", async () => {
  const gate = Promise.withResolvers<boolean>();
  const { queue, push } = start({ handle: () => gate.promise });
  push(0, 499);
  assert.equal(queue.wantsMore, true);
  push(499, 500);
  assert.equal(queue.wantsMore, false);
  gate.resolve(true);
  await settle();
  assert.equal(queue.wantsMore, true);
  assert.equal(queue.bufferedBytes, 0);
  await queue.stop();
});

Deno.test("a few large records fill a queue, too", async () => {
  const gate = Promise.withResolvers<boolean>();
  const { queue } = start({ handle: () => gate.promise });
  const value = new Uint8Array(600_000);
  const records = [{ ...recordAt(0), value }];
  queue.push({ ...PARTITION, records, next: 1n, end: 1n }, 0n);
  assert.equal(queue.wantsMore, false);
  gate.resolve(true);
  await queue.stop();
});

Deno.test("records that do not follow on are left out", async () => {
  const { queue, handled } = start();
  queue.push(
    { ...PARTITION, records: recordsFrom(5, 6), next: 6n, end: 6n },
    5n,
  );
  await settle();
  assert.deepEqual(handled, []);
  assert.equal(queue.position.offset, 0n);
  queue.seek({ offset: 5n });
  queue.push(
    { ...PARTITION, records: recordsFrom(5, 6), next: 6n, end: 6n },
    5n,
  );
  await settle();
  assert.deepEqual(handled, [5]);
  await queue.stop();
});

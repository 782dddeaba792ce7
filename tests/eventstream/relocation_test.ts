/**
 * Partitions whose next place is not there: all that is there is read.
 */

import assert from "node:assert/strict";
import { createEventStream } from "../../lib/eventstream/mod.ts";
import type { RelocationReason } from "../../lib/eventstream/observer.ts";
import type { SubscribeOptions } from "../../lib/eventstream/stream.ts";
import { until } from "../../dev/until.ts";
import { createFakeKafka } from "./_fake_kafka.ts";
import { recordsFrom, TOPIC } from "./_records.ts";

const P0 = { topic: TOPIC, partition: 0 };
const KEY = `${TOPIC}:0`;

async function start(
  kafka = createFakeKafka(),
  options: Partial<SubscribeOptions> = {},
) {
  const seen: string[] = [];
  const reasons: RelocationReason[] = [];
  const stream = createEventStream({
    stream: "kafka",
    prefix: "prefix",
    brokers: ["127.0.0.1:1"],
    port: () => Promise.resolve(kafka.port),
    observer: { relocated: ({ reason }) => void reasons.push(reason) },
  });
  stream.subscribe({
    topic: "topic",
    groupId: "g",
    commitInterval: 0,
    ...options,
    raw: false,
  }, ({ id }) => void seen.push(id));
  const member = await kafka.joined(kafka.members.length + 1);
  return {
    kafka,
    stream,
    seen,
    reasons,
    member,
    done: (count: number) =>
      until(`${count} events`, () => seen.length === count || undefined),
    committed: (offset: bigint) =>
      until(
        `commit of ${offset}`,
        () => kafka.committed.get(KEY) === offset || undefined,
      ),
  };
}

const ids = (first: number, end: number) =>
  recordsFrom(first, end).map(({ offset }) => String(offset));

for (const count of [2, 3, 9]) {
  Deno.test(`a topic is created again, and has ${count} records where 3 were read: all ${count} are handled`, async () => {
    const kafka = createFakeKafka();
    kafka.addTopic(TOPIC, 1);
    kafka.append(P0, recordsFrom(0, 3));
    const { stream, seen, reasons, member, done, committed } = await start(
      kafka,
    );
    member.assign([P0]);
    await done(3);
    await committed(3n);
    kafka.addTopic(TOPIC, 1);
    kafka.append(P0, recordsFrom(0, count));
    await done(3 + count);
    await committed(BigInt(count));
    assert.deepEqual(seen, [...ids(0, 3), ...ids(0, count)]);
    assert.deepEqual(reasons, ["recreated"]);
    await stream[Symbol.asyncDispose]();
  });

  Deno.test(`a topic is created again while nobody reads, and has ${count} records where 3 were committed: all ${count} are handled`, async () => {
    const kafka = createFakeKafka();
    kafka.addTopic(TOPIC, 1);
    kafka.append(P0, recordsFrom(0, 3));
    const first = await start(kafka);
    first.member.assign([P0]);
    await first.done(3);
    await first.committed(3n);
    await first.stream[Symbol.asyncDispose]();
    kafka.addTopic(TOPIC, 1);
    kafka.append(P0, recordsFrom(0, count));
    const second = await start(kafka);
    second.member.assign([P0]);
    await second.done(count);
    await second.committed(BigInt(count));
    assert.deepEqual(second.seen, ids(0, count));
    assert.deepEqual(second.reasons, ["recreated"]);
    await second.stream[Symbol.asyncDispose]();
    const third = await start(kafka);
    third.member.assign([P0]);
    kafka.append(P0, recordsFrom(count, count + 1));
    await third.done(1);
    assert.deepEqual(third.seen, ids(count, count + 1));
    assert.deepEqual(third.reasons, []);
    await third.stream[Symbol.asyncDispose]();
  });
}

Deno.test("an offset beyond the end, whoever committed it, means all that is there, and is committed anew", async () => {
  const kafka = createFakeKafka();
  kafka.addTopic(TOPIC, 1);
  kafka.append(P0, recordsFrom(0, 5));
  kafka.beginnings.set(KEY, 2n);
  kafka.committed.set(KEY, 100n);
  const { stream, seen, reasons, member, done, committed } = await start(kafka);
  member.assign([P0]);
  await done(3);
  await committed(5n);
  assert.deepEqual(seen, ids(2, 5));
  assert.deepEqual(reasons, ["beyond_end"]);
  await stream[Symbol.asyncDispose]();
});

Deno.test("an offset beyond the end of an empty partition waits for what comes", async () => {
  const kafka = createFakeKafka();
  kafka.addTopic(TOPIC, 1);
  kafka.committed.set(KEY, 100n);
  const { stream, seen, reasons, member, done, committed } = await start(kafka);
  member.assign([P0]);
  await committed(0n);
  kafka.append(P0, recordsFrom(0, 1));
  await done(1);
  assert.deepEqual(seen, ids(0, 1));
  assert.deepEqual(reasons, ["beyond_end"]);
  await stream[Symbol.asyncDispose]();
});

Deno.test("a log that was cut back is read from there on", async () => {
  const kafka = createFakeKafka();
  kafka.addTopic(TOPIC, 1);
  kafka.append(P0, recordsFrom(0, 10));
  const { stream, seen, reasons, member, done } = await start(kafka);
  member.assign([P0]);
  await done(10);
  kafka.cut(P0, 6);
  kafka.append(P0, recordsFrom(6, 12));
  await done(16);
  assert.deepEqual(seen, [...ids(0, 10), ...ids(6, 12)]);
  assert.deepEqual(reasons, ["truncated"]);
  await stream[Symbol.asyncDispose]();
});

Deno.test("a topic is created again: who begins at the end reads all of it, too", async () => {
  const kafka = createFakeKafka();
  kafka.addTopic(TOPIC, 1);
  kafka.append(P0, recordsFrom(0, 3));
  const { stream, seen, member, done, committed } = await start(kafka, {
    offset: "latest",
  });
  member.assign([P0]);
  await committed(3n);
  kafka.addTopic(TOPIC, 1);
  kafka.append(P0, recordsFrom(0, 2));
  await done(2);
  assert.deepEqual(seen, ids(0, 2));
  await stream[Symbol.asyncDispose]();
});

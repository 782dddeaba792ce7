import assert from "node:assert/strict";
import { createEventStream } from "../../lib/eventstream/mod.ts";
import { PortError } from "../../lib/eventstream/port.ts";
import type { SubscribeOptions } from "../../lib/eventstream/stream.ts";
import { fakeTime, settle } from "../_support/fake_time.ts";
import { recordLog } from "../_support/log.ts";
import { createFakeKafka } from "./_fake_kafka.ts";
import { recordsFrom, TOPIC } from "./_records.ts";

const P0 = { topic: TOPIC, partition: 0 };
const P1 = { topic: TOPIC, partition: 1 };
const LOST = new PortError("Coordinator is gone", { retryable: true });

/** Waits for what the subscription does by itself, which is soon. */
async function until(isDone: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100_000; turn++) {
    if (isDone()) return;
    await settle();
  }
  assert.fail("Waited in vain");
}

/** Waits for what takes a moment of real time, which the subscription decides. */
async function soon(isDone: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!isDone() && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.ok(isDone());
}

async function start(options: Partial<SubscribeOptions> = {}) {
  const kafka = createFakeKafka();
  kafka.addTopic(TOPIC, 2);
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const begun: string[] = [];
  const ended: string[] = [];
  const log = recordLog();
  const stream = createEventStream({
    stream: "kafka",
    prefix: "prefix",
    brokers: ["127.0.0.1:1"],
    port: () => Promise.resolve(kafka.port),
    log,
  });
  const subscription = stream.subscribe({
    topic: "topic",
    groupId: "g",
    commitInterval: 0,
    retry: { maxAttempts: 2, baseDelay: 0, maxDelay: 0 },
    grace: 20,
    ...options,
    raw: false,
  }, async ({ id, partition }) => {
    begun.push(`${partition}/${id}`);
    await gates.get(`${partition}/${id}`)?.promise;
    ended.push(`${partition}/${id}`);
  });
  return {
    kafka,
    stream,
    subscription,
    begun,
    ended,
    log,
    member: await kafka.joined(1),
    /** The event does not end before the gate is opened. */
    hold(event: string) {
      const gate = Promise.withResolvers<void>();
      gates.set(event, gate);
      return gate;
    },
  };
}

Deno.test("an event is committed when its callback has ended, and not before", async () => {
  const { kafka, stream, member, begun, hold } = await start();
  const gate = hold("0/1");
  kafka.append(P0, recordsFrom(0, 3));
  member.assign([P0]);
  await until(() => begun.length === 2);
  await until(() => kafka.committed.get(`${TOPIC}:0`) === 1n);
  await settle();
  assert.equal(kafka.committed.get(`${TOPIC}:0`), 1n);
  gate.resolve();
  await until(() => kafka.committed.get(`${TOPIC}:0`) === 3n);
  await stream[Symbol.asyncDispose]();
  assert.ok(member.isClosed);
});

Deno.test("a subscription is ready when it has its partitions", async () => {
  const { stream, subscription, member } = await start();
  assert.deepEqual(subscription.partitions, []);
  member.assign([P0, P1]);
  await subscription.ready;
  assert.deepEqual(subscription.partitions, [P0, P1]);
  await stream[Symbol.asyncDispose]();
  assert.deepEqual(subscription.partitions, []);
});

Deno.test("one partition's event that does not end stops no other partition", async () => {
  const { kafka, stream, member, ended, hold } = await start();
  const gate = hold("0/0");
  kafka.append(P0, recordsFrom(0, 1_000));
  kafka.append(P1, recordsFrom(0, 2_000));
  member.assign([P0, P1]);
  await until(() => ended.length === 2_000);
  assert.ok(ended.every((event) => event.startsWith("1/")));
  gate.resolve();
  await until(() => ended.length === 3_000);
  await stream[Symbol.asyncDispose]();
});

Deno.test("what is buffered of a partition that is lost is not delivered, nor committed", async () => {
  const { kafka, stream, member, begun, ended, hold } = await start();
  const gate = hold("0/1");
  kafka.append(P0, recordsFrom(0, 10));
  member.assign([P0, P1]);
  await until(() => begun.length === 2);
  await until(() => kafka.committed.get(`${TOPIC}:0`) === 1n);
  member.rebalance();
  member.assign([P1]);
  // The other member is further by now.
  kafka.committed.set(`${TOPIC}:0`, 7n);
  kafka.append(P1, recordsFrom(0, 1));
  await until(() => ended.includes("1/0"));
  gate.resolve();
  await until(() => ended.includes("0/1"));
  kafka.append(P1, recordsFrom(1, 2));
  await until(() => kafka.committed.get(`${TOPIC}:1`) === 2n);
  assert.deepEqual(begun.toSorted(), ["0/0", "0/1", "1/0", "1/1"]);
  assert.equal(kafka.committed.get(`${TOPIC}:0`), 7n);
  await stream[Symbol.asyncDispose]();
  assert.equal(kafka.committed.get(`${TOPIC}:0`), 7n);
});

Deno.test("while the group distributes anew nothing is begun", async () => {
  const { kafka, stream, member, begun, hold } = await start();
  const gate = hold("0/0");
  kafka.append(P0, recordsFrom(0, 3));
  member.assign([P0]);
  await until(() => begun.length === 1);
  member.rebalance();
  gate.resolve();
  for (let turn = 0; turn < 20; turn++) await settle();
  assert.deepEqual(begun, ["0/0"]);
  member.assign([P0]);
  await until(() => begun.length === 3);
  // The partition was kept: nothing comes twice.
  assert.deepEqual(begun, ["0/0", "0/1", "0/2"]);
  await stream[Symbol.asyncDispose]();
});

Deno.test("what is done is committed when the group begins to distribute anew", async () => {
  const { kafka, stream, member, ended } = await start({
    commitInterval: 60_000,
  });
  kafka.append(P0, recordsFrom(0, 3));
  member.assign([P0]);
  await until(() => ended.length === 3);
  assert.equal(kafka.committed.get(`${TOPIC}:0`), undefined);
  member.rebalance();
  assert.equal(kafka.committed.get(`${TOPIC}:0`), 3n);
  member.assign([]);
  await stream[Symbol.asyncDispose]();
});

Deno.test("a member that was forgotten goes on from what is committed", async () => {
  const { kafka, stream, member, begun, hold } = await start();
  const gate = hold("0/1");
  kafka.append(P0, recordsFrom(0, 3));
  member.assign([P0], "first");
  await until(() => begun.length === 2);
  await until(() => kafka.committed.get(`${TOPIC}:0`) === 1n);
  member.rebalance();
  member.assign([P0], "second");
  for (let turn = 0; turn < 20; turn++) await settle();
  // The same event is not worked on twice at the same time.
  assert.deepEqual(begun, ["0/0", "0/1"]);
  gate.resolve();
  await until(() => begun.length === 4);
  assert.deepEqual(begun, ["0/0", "0/1", "0/1", "0/2"]);
  await stream[Symbol.asyncDispose]();
});

Deno.test("a partition that comes back begins when its last event here has ended", async () => {
  const { kafka, stream, member, begun, hold } = await start();
  const gate = hold("0/0");
  kafka.append(P0, recordsFrom(0, 2));
  member.assign([P0]);
  await until(() => begun.length === 1);
  member.rebalance();
  member.assign([P1]);
  kafka.append(P1, recordsFrom(0, 1));
  await until(() => begun.includes("1/0"));
  member.rebalance();
  member.assign([P0]);
  for (let turn = 0; turn < 20; turn++) await settle();
  assert.deepEqual(begun, ["0/0", "1/0"]);
  gate.resolve();
  await until(() => begun.length === 4);
  assert.deepEqual(begun, ["0/0", "1/0", "0/0", "0/1"]);
  await stream[Symbol.asyncDispose]();
});

Deno.test("a membership that fails is followed by another", async () => {
  const { kafka, stream, member, ended, log } = await start();
  kafka.append(P0, recordsFrom(0, 2));
  member.assign([P0]);
  await until(() => ended.length === 2);
  member.fail(LOST);
  const next = await kafka.joined(2);
  assert.ok(member.isClosed);
  next.assign([P0]);
  kafka.append(P0, recordsFrom(2, 3));
  await until(() => ended.length === 3);
  assert.deepEqual(ended, ["0/0", "0/1", "0/2"]);
  assert.ok(log.lines.some(({ fields }) => fields["error"] === LOST));
  await stream[Symbol.asyncDispose]();
});

Deno.test("a commit that fails is made up for at the end", async () => {
  const { kafka, stream, member, ended } = await start({
    commitInterval: 60_000,
  });
  kafka.append(P0, recordsFrom(0, 2));
  member.assign([P0]);
  await until(() => ended.length === 2);
  kafka.failCommit = LOST;
  member.rebalance();
  member.assign([P0]);
  await settle();
  assert.equal(kafka.committed.get(`${TOPIC}:0`), undefined);
  await settle();
  await stream[Symbol.asyncDispose]();
  assert.equal(kafka.committed.get(`${TOPIC}:0`), 2n);
});

Deno.test("a group of nobody else's commits nothing, and goes on where it was", async () => {
  const { kafka, stream, member, ended } = await start({ groupId: "" });
  kafka.append(P0, recordsFrom(0, 2));
  member.assign([P0]);
  await until(() => ended.length === 2);
  await until(() => member.isClosed || ended.length === 2);
  for (let turn = 0; turn < 20; turn++) await settle();
  await new Promise((resolve) => setTimeout(resolve, 5));
  member.fail(LOST);
  (await kafka.joined(2)).assign([P0]);
  kafka.append(P0, recordsFrom(2, 3));
  await until(() => ended.length === 3);
  assert.deepEqual(ended, ["0/0", "0/1", "0/2"]);
  assert.equal(kafka.committed.size, 0);
  await stream[Symbol.asyncDispose]();
});

Deno.test("an event that always fails is in the dead letters before it is committed", async () => {
  const kafka = createFakeKafka();
  kafka.addTopic(TOPIC, 1);
  const offsets: (bigint | undefined)[] = [];
  const stream = createEventStream({
    stream: "kafka",
    prefix: "prefix",
    brokers: ["127.0.0.1:1"],
    port: () => Promise.resolve(kafka.port),
    observer: {
      deadLettered: () => void offsets.push(kafka.committed.get(`${TOPIC}:0`)),
    },
  });
  stream.subscribe({
    topic: "topic",
    groupId: "g",
    commitInterval: 0,
    retry: { maxAttempts: 2, baseDelay: 0, maxDelay: 0 },
  }, () => {
    throw new Error("Always");
  });
  kafka.append(P0, recordsFrom(0, 1));
  (await kafka.joined(1)).assign([P0]);
  await until(() => kafka.committed.get(`${TOPIC}:0`) === 1n);
  assert.deepEqual(offsets, [undefined]);
  const letters = kafka.records({ topic: `${TOPIC}.dlq`, partition: 0 });
  assert.equal(letters.length, 1);
  assert.deepEqual(letters[0]?.value, recordsFrom(0, 1)[0]?.value);
  await stream[Symbol.asyncDispose]();
});

Deno.test("a signal that has ended starts nothing that goes on", async () => {
  const kafka = createFakeKafka();
  const stream = createEventStream({
    stream: "kafka",
    brokers: ["127.0.0.1:1"],
    port: () => Promise.resolve(kafka.port),
  });
  const subscription = stream.subscribe(
    { topic: "topic", signal: AbortSignal.abort() },
    () => {},
  );
  await subscription.closed;
  await subscription.ready;
  assert.equal(kafka.members.length, 0);
  await stream[Symbol.asyncDispose]();
});

Deno.test("a partition that cannot be read stops no other, and is read when it can be", async () => {
  const { kafka, stream, member, ended, log } = await start();
  kafka.broken.set(`${TOPIC}:0`, LOST);
  kafka.append(P0, recordsFrom(0, 1));
  kafka.append(P1, recordsFrom(0, 3));
  member.assign([P0, P1]);
  await until(() => ended.length === 3);
  assert.deepEqual(ended, ["1/0", "1/1", "1/2"]);
  assert.ok(log.lines.some(({ fields }) => fields["error"] === LOST));
  kafka.broken.clear();
  await soon(() => ended.includes("0/0"));
  await stream[Symbol.asyncDispose]();
});

Deno.test("records that are gone are told of, and those that are left are read", async () => {
  const { kafka, stream, member, ended, log } = await start();
  kafka.append(P0, recordsFrom(0, 5));
  kafka.committed.set(`${TOPIC}:0`, 1n);
  kafka.beginnings.set(`${TOPIC}:0`, 3n);
  member.assign([P0]);
  await until(() => ended.length === 2);
  assert.deepEqual(ended, ["0/3", "0/4"]);
  const line = log.lines.find(({ level }) => level === "error");
  assert.deepEqual([line?.fields["from"], line?.fields["to"]], ["1", "3"]);
  await stream[Symbol.asyncDispose]();
});

Deno.test("a topic with more partitions is joined anew", async () => {
  using time = fakeTime();
  const { kafka, stream, member } = await start();
  member.assign([P0]);
  kafka.addTopic(TOPIC, 3);
  await time.advance(29_000);
  assert.equal(kafka.members.length, 1);
  await time.advance(2_000);
  assert.equal(kafka.members.length, 2);
  assert.ok(member.isClosed);
  const disposed = stream[Symbol.asyncDispose]();
  await time.advance(10_000);
  await disposed;
});

Deno.test("a topic that comes later is joined soon", async () => {
  using time = fakeTime();
  const { kafka, stream } = await start({ topic: ["topic", "later"] });
  kafka.addTopic("prefix.later", 1);
  await time.advance(1_000);
  assert.equal(kafka.members.length, 2);
  const disposed = stream[Symbol.asyncDispose]();
  await time.advance(10_000);
  await disposed;
});

for (const method of ["partitions", "consumer"] as const) {
  Deno.test(`a cluster that does not answer holds up no end: ${method}`, async () => {
    const asked = Promise.withResolvers<void>();
    const never = () => {
      asked.resolve();
      return new Promise<never>(() => {});
    };
    const { port } = createFakeKafka();
    const stream = createEventStream({
      stream: "kafka",
      brokers: ["127.0.0.1:1"],
      port: () =>
        Promise.resolve({
          ...port,
          partitions: method === "partitions"
            ? never
            : () => Promise.resolve(1),
          consumer: (options) => ({ ...port.consumer(options), join: never }),
        }),
    });
    stream.subscribe({ topic: "topic" }, () => {});
    await asked.promise;
    await stream[Symbol.asyncDispose]();
  });
}

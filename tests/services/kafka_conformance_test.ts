/**
 * The event stream contract's conformance list, T1 to T17, on a real broker. What needs
 * no broker (T9 to T15) is in `tests/eventstream/event_stream_test.ts`.
 */

import assert from "node:assert/strict";
import { DeliveryTimeoutError } from "../../lib/eventstream/errors.ts";
import type { StreamEvent } from "../../lib/eventstream/event.ts";
import { newId } from "../../lib/eventstream/names.ts";
import { kafkaTests, QUICK } from "./_kafka_tests.ts";
import { until } from "./_until.ts";

const kafkaTest = kafkaTests();

function whole(topic: string) {
  return {
    topic,
    name: "testEvent",
    namespace: "event",
    clientId: newId(),
    traceId: newId(),
    spanContext: "span",
    userId: newId(),
    eventId: 3,
    eventType: 301,
    eventLevel: 3,
    service: "test",
    clientIds: ["7d480ce0e8624b02901bd80d9ba9817c"],
    targetUserIds: ["1fe7f425a0e049d29d87ca3d32e45b5a"],
    targetNamespace: "publisher",
    privacy: true,
    additionalFields: { summary: "user:_failed" },
    payload: { payload1: "<payload1>", payload2: { nested: [1, null, 1.5] } },
  };
}

kafkaTest(
  "T1: what is published to a topic that comes later is all delivered",
  async ({ stream, topic }) => {
    const events = stream();
    const name = topic();
    const seen: StreamEvent[] = [];
    await using _ = events.subscribe(
      { ...QUICK, topic: name, eventName: "testEvent", groupId: newId() },
      (event) => void seen.push(event),
    );
    const published = Array.from({ length: 20 }, (_, index) => ({
      ...whole(name),
      id: newId(),
      key: `key-${index}`,
    }));
    for (const each of published) events.publish(each);
    await until("20 events", () => seen.length >= 20 || undefined);
    assert.equal(seen.length, 20);
    for (const { name: _, ...expected } of published) {
      const found = seen.find(({ id }) => id === expected.id);
      assert.ok(found !== undefined);
      const { timestamp, timestampUnixNano, partition, offset, ...fields } =
        found;
      assert.deepEqual(fields, { ...expected, name: "testEvent", version: 1 });
      assert.equal(found.sessionId, undefined);
      assert.match(timestamp ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.ok((timestampUnixNano ?? 0n) > 1_700_000_000_000_000_000n);
      assert.ok(partition >= 0 && offset >= 0n);
    }
  },
);

kafkaTest(
  "T2: without group each subscription reads for itself, by event name",
  async ({ stream, topic }) => {
    const events = stream();
    const name = topic();
    const seen: string[] = [];
    for (const eventName of ["first", "second"]) {
      events.subscribe({ ...QUICK, topic: name, eventName }, (event) => {
        seen.push(`${eventName}:${event.name}`);
      });
    }
    await events.publishSync({ topic: name, name: "first" });
    await events.publishSync({ topic: name, name: "second" });
    await until("both events", () => seen.length >= 2 || undefined);
    assert.deepEqual(seen.sort(), ["first:first", "second:second"]);
  },
);

kafkaTest(
  "T3: an event for a broker that has no address is refused in time",
  async ({ stream, topic }) => {
    const events = stream({
      brokers: ["broker.invalid:9092"],
      flushTimeout: 0,
    });
    const started = performance.now();
    await assert.rejects(
      events.publishSync({ topic: topic(), name: "testEvent" }, {
        timeout: 1_000,
      }),
      DeliveryTimeoutError,
    );
    assert.ok(performance.now() - started < 5_000);
  },
);

kafkaTest(
  "T4: two groups get the event each, version and all",
  async ({ stream, topic }) => {
    const events = stream();
    const name = topic();
    const seen: string[] = [];
    for (const groupId of ["one", "two"]) {
      const options = {
        ...QUICK,
        topic: name,
        eventName: "testEvent",
        groupId,
      };
      events.subscribe(
        { ...options, groupId: `${groupId}.${name}` },
        (event) => {
          seen.push(`${groupId} ${event.version}`);
        },
      );
    }
    await events.publishSync({ topic: name, name: "testEvent", version: 2 });
    await until("both groups", () => seen.length >= 2 || undefined);
    assert.deepEqual(seen.sort(), ["one 2", "two 2"]);
  },
);

kafkaTest(
  "T5: two members of one group get the event once",
  async ({ stream, topic }) => {
    const events = stream();
    const name = topic();
    const seen: string[] = [];
    const options = { ...QUICK, topic: name, groupId: newId() };
    const members = [1, 2].map(() =>
      events.subscribe(options, (event) => void seen.push(event.name))
    );
    await events.publishSync({ topic: name, name: "before" });
    await until("the event", () => seen.includes("before") || undefined);
    await until(
      "a share for both",
      () =>
        members.every(({ partitions }) => partitions.length === 2) || undefined,
    );
    await events.publishSync({ topic: name, name: "testEvent" });
    // Behind the event on each partition: when these are there, so is any double.
    const marks = Array.from({ length: 40 }, (_, index) => `mark${index}`);
    for (const mark of marks) {
      await events.publishSync({ topic: name, name: mark, key: mark });
    }
    await until(
      "all marks",
      () => marks.every((mark) => seen.includes(mark)) || undefined,
    );
    assert.equal(seen.filter((each) => each === "testEvent").length, 1);
  },
);

kafkaTest(
  "T6: one group can have members that read different topics",
  async ({ stream, topic }) => {
    const events = stream();
    const topics = [topic("a"), topic("b")];
    const groupId = newId();
    const seen: string[] = [];
    for (const each of topics) {
      events.subscribe({ ...QUICK, topic: each, groupId }, (event) => {
        seen.push(`${each} ${event.topic}`);
      });
    }
    for (let round = 1; round <= 10; round++) {
      for (const each of topics) {
        await events.publishSync({ topic: each, name: "testEvent" });
      }
    }
    await until("20 events", () => seen.length >= 20 || undefined);
    const expected = topics.map((each) => `${each} ${each}`);
    assert.deepEqual([...new Set(seen)].sort(), expected.sort());
  },
);

kafkaTest(
  "T7: a subscription that is cancelled ends, and others go on",
  async ({ stream, topic }) => {
    const events = stream();
    const name = topic();
    const seen: string[] = [];
    const cancel = new AbortController();
    const options = { ...QUICK, topic: name };
    const cancelled = events.subscribe(
      { ...options, groupId: newId(), signal: cancel.signal },
      () => void seen.push("cancelled"),
    );
    events.subscribe(
      { ...options, groupId: newId() },
      (event) => void seen.push(event.name),
    );
    await events.publishSync({ topic: name, name: "before" });
    await until("both", () => seen.length === 2 || undefined);
    cancel.abort();
    await cancelled.closed;
    assert.deepEqual(cancelled.partitions, []);
    await events.publishSync({ topic: name, name: "after" });
    await until("the other", () => seen.includes("after") || undefined);
    assert.equal(seen.filter((each) => each === "cancelled").length, 1);
  },
);

kafkaTest(
  "T8: the cluster says which brokers it has",
  async ({ kafka, stream, topic }) => {
    const events = stream();
    const brokers = await events.metadata();
    assert.ok(brokers.length >= 1);
    for (const { id, host, port } of brokers) {
      assert.equal(typeof id, "number");
      assert.ok(host.length > 0 && port > 0);
    }
    if (kafka.ports.length === 1) {
      assert.deepEqual(kafka.brokers, [
        `${brokers[0]?.host}:${brokers[0]?.port}`,
      ]);
    }
    const name = topic();
    await assert.rejects(events.metadata(name));
    await events.publishSync({ topic: name, name: "testEvent" });
    assert.ok((await events.metadata(name)).length >= 1);
  },
);

kafkaTest(
  "T16: four members that fail now and then handle every event",
  async ({ stream, topic }) => {
    const events = [stream(), stream()];
    const name = topic();
    const groupId = newId();
    const handled = new Set<string>();
    const failures = { count: 0 };
    for (let member = 0; member < 4; member++) {
      let calls = 0;
      events[0]?.subscribe({ ...QUICK, topic: name, groupId }, (event) => {
        if (++calls % 25 === 0) {
          failures.count++;
          throw new Error("Every 25th fails");
        }
        handled.add(event.id);
      });
    }
    const ids = Array.from({ length: 200 }, () => newId());
    for (const [index, id] of ids.entries()) {
      const publisher = events[index % 2];
      publisher?.publish({ topic: name, name: "testEvent", id });
    }
    await until("200 events", () => handled.size === 200 || undefined, {
      patience: 120_000,
    });
    assert.deepEqual([...handled].sort(), ids.sort());
    assert.ok(failures.count >= 4);
  },
);

kafkaTest(
  "T17: the first event of a new topic arrives, on each of two",
  async ({ stream, topic }) => {
    const events = stream();
    const topics = [topic("a"), topic("b")];
    const seen: string[] = [];
    events.subscribe(
      { ...QUICK, topic: topics, groupId: newId() },
      (event) => void seen.push(event.topic),
    );
    await Promise.all(
      topics.map((each) =>
        events.publishSync({ topic: each, name: "testEvent" })
      ),
    );
    await until("both events", () => seen.length === 2 || undefined);
    assert.deepEqual(seen.sort(), topics.sort());
  },
);

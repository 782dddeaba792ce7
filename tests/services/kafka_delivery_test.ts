/**
 * What the event stream promises about delivery, on a real broker.
 */

import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { RetryableError, TerminalError } from "../../lib/core/errors.ts";
import { DEAD_LETTER_HEADERS } from "../../lib/eventstream/dead_letter_headers.ts";
import { newId } from "../../lib/eventstream/names.ts";
import { createPlatformaticPort } from "../../lib/eventstream/platformatic_port.ts";
import type {
  OutgoingRecord,
  StreamRecord,
} from "../../lib/eventstream/record.ts";
import type { EventStream } from "../../lib/eventstream/stream.ts";
import type { KafkaCluster } from "./_kafka_cluster.ts";
import { countingObserver, kafkaTests, PREFIX, QUICK } from "./_kafka_tests.ts";
import { until } from "./_until.ts";

const kafkaTest = kafkaTests();

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}

function bytes(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

/** Writes records past the client's checks. */
async function write(
  kafka: KafkaCluster,
  topic: string,
  records: readonly OutgoingRecord[],
): Promise<void> {
  const port = createPlatformaticPort({
    brokers: kafka.brokers,
    clientId: "test",
    connectTimeout: 5_000,
  });
  const producer = port.producer();
  const full = `${PREFIX}.${topic}`;
  try {
    await until("the topic", () => producer.partitions(full));
    await producer.send({ topic: full, partition: 0 }, records);
  } finally {
    await producer.close();
    await port.close();
  }
}

/** All records of a topic from its beginning on, as they come. */
function readAll(events: EventStream, topic: string): StreamRecord[] {
  const records: StreamRecord[] = [];
  events.subscribe({ ...QUICK, topic, raw: true }, (record) => {
    records.push(record);
  });
  return records;
}

kafkaTest(
  "an event is on the wire as the Go SDK writes it, at its key's CRC-32",
  async ({ stream, topic }) => {
    const events = stream({ now: () => 1_795_285_231_123_456_789n });
    const name = topic();
    const keys = Array.from({ length: 30 }, (_, index) => `key-${index}`);
    for (const key of keys) {
      const payload = { b: "<ä&>", a: 1, key };
      events.publish({
        topic: name,
        name: "orderPaid",
        id: newId(),
        key,
        payload,
      });
    }
    const records = readAll(events, name);
    await until("30 records", () => records.length === 30 || undefined);
    for (const record of records) {
      const key = text(record.key);
      assert.equal(record.partition, crc32(key) % 4);
      assert.deepEqual(record.headers, []);
      assert.match(
        text(record.value),
        new RegExp(
          String.raw`^\{"id":"[0-9a-f]{32}","name":"orderPaid",` +
            String.raw`"timestamp":"2026-11-21T18:20:31Z",` +
            String.raw`"timestampUnixNano":1795285231123456789,"version":1,` +
            String.raw`"payload":\{"a":1,"b":"\\u003cä\\u0026\\u003e",` +
            String.raw`"key":"${key}"\}\}$`,
        ),
      );
    }
  },
);

kafkaTest(
  "an audit log is on the wire with a key of no length",
  async ({ stream, topic }) => {
    const auditLog = topic("audit");
    const id = newId();
    const events = stream({ auditLog: { enabled: true, topic: auditLog } });
    const off = stream({ auditLog: { enabled: false, topic: auditLog } });
    const entry = {
      category: "shop",
      actionName: "refund",
      actor: id,
      actorType: "CLIENT",
      clientId: id,
      actorNamespace: "acme",
      objectNamespace: "acme",
    } as const;
    off.publishAuditLog({ ...entry, category: "off" });
    events.publishAuditLog(entry);
    events.publishAuditLog({ ...entry, key: "k" });
    await off[Symbol.asyncDispose]();
    const records = readAll(events, auditLog);
    await until("two records", () => records.length >= 2 || undefined);
    assert.equal(records.length, 2);
    assert.deepEqual(records.map(({ key }) => text(key)).sort(), ["", "k"]);
    for (const { key, value } of records) {
      assert.ok(key !== undefined);
      assert.equal((JSON.parse(text(value)) as { actor: string }).actor, id);
      assert.match(text(value), /^\{"_id":"[0-9a-f]{32}","category":"shop"/);
    }
  },
);

kafkaTest(
  "events of one key come in the order they were published in",
  async ({ stream, topic }) => {
    const events = stream();
    const name = topic();
    const seen = new Map<string, number[]>();
    events.subscribe({ ...QUICK, topic: name, groupId: newId() }, (event) => {
      seen.set(event.key, [
        ...seen.get(event.key) ?? [],
        Number(event.payload?.["n"]),
      ]);
    });
    for (let n = 0; n < 3_000; n++) {
      events.publish({
        topic: name,
        name: "e",
        key: `k${n % 7}`,
        payload: { n },
      });
      // Some in the middle of batches that are on their way.
      if (n % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
    }
    const count = () =>
      [...seen.values()].reduce((sum, { length }) => sum + length, 0);
    await until("3000 events", () => count() === 3_000 || undefined);
    for (const numbers of seen.values()) {
      assert.deepEqual(numbers, numbers.toSorted((a, b) => a - b));
    }
  },
);

kafkaTest(
  "an event that always fails goes to the dead letters as it was, with the reason",
  async ({ kafka, stream, topic }) => {
    const observer = countingObserver();
    const events = stream({ observer });
    const name = topic();
    const calls: string[] = [];
    const record: OutgoingRecord = {
      key: bytes("k"),
      value: bytes('{"id":"a","name":"e","later":1}'),
      headers: [["traceparent", bytes("00-1")], ["twice", bytes("1")], [
        "twice",
        bytes("2"),
      ]],
      timestamp: 1_795_285_231_123n,
    };
    await write(kafka, name, [record, { value: bytes('{"id":"b"}') }]);
    const groupId = newId();
    events.subscribe(
      {
        ...QUICK,
        topic: name,
        groupId,
        retry: { ...QUICK.retry, maxAttempts: 3 },
      },
      ({ id }) => {
        calls.push(id);
        if (id === "a") throw new RangeError("No such order");
      },
    );
    await until("the next event", () => calls.includes("b") || undefined);
    assert.deepEqual(calls, ["a", "a", "a", "b"]);
    const letters = readAll(events, `${name}.dlq`);
    await until("the dead letter", () => letters.length > 0 || undefined);
    const [letter] = letters;
    assert.equal(letter?.topic, `${PREFIX}.${name}.dlq`);
    assert.equal(text(letter?.key), "k");
    assert.equal(text(letter?.value), text(record.value));
    assert.equal(letter?.timestamp, record.timestamp);
    assert.deepEqual(
      letter?.headers.map(([key, value]) => [key, text(value)]),
      [
        ["traceparent", "00-1"],
        ["twice", "1"],
        ["twice", "2"],
        [DEAD_LETTER_HEADERS.reason, "exhausted"],
        [DEAD_LETTER_HEADERS.error, "RangeError: No such order"],
        [DEAD_LETTER_HEADERS.attempts, "3"],
        [DEAD_LETTER_HEADERS.group, `${PREFIX}.${groupId}`],
        [DEAD_LETTER_HEADERS.topic, `${PREFIX}.${name}`],
        [DEAD_LETTER_HEADERS.partition, "0"],
        [DEAD_LETTER_HEADERS.offset, "0"],
      ],
    );
    assert.equal(observer.counts.get("retried"), 2);
    assert.equal(observer.counts.get("exhausted"), 1);
  },
);

kafkaTest(
  "what is no event, or has wrong types, goes to the dead letters at once",
  async ({ kafka, stream, topic }) => {
    const events = stream();
    const name = topic();
    const seen: string[] = [];
    const bad = ["not JSON", "null", '{"version":"1"}', '{"payload":[]}'];
    await write(kafka, name, [
      ...bad.map((value) => ({ value: bytes(value) })),
      { key: bytes("tombstone") },
      { value: bytes('{"id":"good","namespace":null}') },
    ]);
    events.subscribe(
      { ...QUICK, topic: name, groupId: newId() },
      ({ id }) => void seen.push(id),
    );
    const letters = readAll(events, `${name}.dlq`);
    await until("the good one", () => seen.length > 0 || undefined);
    await until("dead letters", () => letters.length === 5 || undefined);
    assert.deepEqual(seen, ["good"]);
    assert.deepEqual(
      letters.map(({ value }) => text(value)).sort(),
      [...bad, ""].sort(),
    );
    for (const { headers } of letters) {
      const reason = headers.find(([key]) =>
        key === DEAD_LETTER_HEADERS.reason
      );
      assert.equal(text(reason?.[1]), "undecodable");
    }
  },
);

kafkaTest(
  "an event that can never work goes to the dead letters without another call",
  async ({ stream, topic }) => {
    const observer = countingObserver();
    const events = stream({ observer });
    const name = topic();
    let calls = 0;
    events.subscribe({ ...QUICK, topic: name, groupId: newId() }, () => {
      calls++;
      throw new TerminalError("Item does not exist");
    });
    await events.publishSync({ topic: name, name: "e" });
    await until("the letter", () => observer.counts.get("rejected"));
    assert.equal(calls, 1);
  },
);

kafkaTest(
  "an event that waits for its next attempt stops nobody else's partition",
  async ({ stream, topic }) => {
    const events = stream();
    const name = topic();
    const seen: string[] = [];
    const stuck = Promise.withResolvers<void>();
    const later = 60_000;
    events.subscribe(
      { ...QUICK, topic: name, groupId: newId(), grace: 0 },
      async ({ key, partition }) => {
        if (partition === 0) {
          throw new RetryableError("", { retryAfter: later });
        }
        if (partition === 1) await stuck.promise;
        seen.push(key);
      },
    );
    // More than fits into the buffers of partitions that stand still.
    for (let index = 0; index < 4_000; index++) {
      events.publish({ topic: name, name: "e", key: `k${index}` });
    }
    const expected = Array.from({ length: 4_000 }, (_, index) => `k${index}`)
      .filter((key) => crc32(key) % 4 > 1);
    await until(
      "all others",
      () => seen.length === expected.length || undefined,
    );
    assert.deepEqual(seen.toSorted(), expected.toSorted());
    stuck.resolve();
  },
);

kafkaTest(
  "a subscription goes on behind the last event that was done",
  async ({ stream, topic }) => {
    const events = stream();
    const name = topic();
    const options = { ...QUICK, topic: name, groupId: newId() };
    const first: number[] = [];
    const subscription = events.subscribe(options, ({ payload }) => {
      const n = Number(payload?.["n"]);
      if (n === 5) throw new RetryableError("Later", { retryAfter: 60_000 });
      first.push(n);
    });
    for (let n = 0; n < 10; n++) {
      events.publish({ topic: name, name: "e", key: "k", payload: { n } });
    }
    await until("five events", () => first.length === 5 || undefined);
    await subscription[Symbol.asyncDispose]();
    const second: number[] = [];
    events.subscribe(options, ({ payload }) => {
      second.push(Number(payload?.["n"]));
    });
    await until("the rest", () => second.includes(9) || undefined);
    assert.deepEqual(first, [0, 1, 2, 3, 4]);
    assert.deepEqual(second, [5, 6, 7, 8, 9]);
  },
);

kafkaTest("events by another name count as done", async ({ stream, topic }) => {
  const observer = countingObserver();
  const events = stream({ observer });
  const name = topic();
  const options = { ...QUICK, topic: name, groupId: newId() };
  const first = events.subscribe({ ...options, eventName: "wanted" }, () => {});
  await events.publishSync({ topic: name, name: "other", key: "k" });
  await until("the other", () => observer.counts.get("skipped"));
  await first[Symbol.asyncDispose]();
  const seen: string[] = [];
  events.subscribe(options, (event) => void seen.push(event.name));
  await events.publishSync({ topic: name, name: "next", key: "k" });
  await until("the next", () => seen.length > 0 || undefined);
  assert.deepEqual(seen, ["next"]);
});

kafkaTest(
  "at most once, an event that fails is lost, and one at hand is not repeated",
  async ({ stream, topic }) => {
    const observer = countingObserver();
    const events = stream({ observer });
    const name = topic();
    const options = {
      ...QUICK,
      topic: name,
      groupId: newId(),
      delivery: "at-most-once",
    } as const;
    const seen: number[] = [];
    const first = events.subscribe(options, ({ payload }) => {
      seen.push(Number(payload?.["n"]));
      if (payload?.["n"] === 1) throw new Error("Lost");
    });
    for (let n = 0; n < 3; n++) {
      events.publish({ topic: name, name: "e", key: "k", payload: { n } });
    }
    await until("three events", () => seen.length === 3 || undefined);
    await first[Symbol.asyncDispose]();
    events.subscribe(options, ({ payload }) => {
      seen.push(Number(payload?.["n"]));
    });
    await events.publishSync({
      topic: name,
      name: "e",
      key: "k",
      payload: { n: 3 },
    });
    await until("the fourth", () => seen.includes(3) || undefined);
    assert.deepEqual(seen, [0, 1, 2, 3]);
    assert.equal(observer.counts.get("dropped"), 1);
    assert.equal(observer.counts.get("retried"), undefined);
  },
);

kafkaTest(
  "a raw callback gets records as they are, by whatever name, and no other is called",
  async ({ kafka, stream, topic }) => {
    const events = stream();
    const name = topic();
    const headers: OutgoingRecord["headers"] = [["a", bytes("1")]];
    await write(kafka, name, [{ value: bytes("not JSON"), headers }, {}]);
    const records: StreamRecord[] = [];
    events.subscribe(
      {
        ...QUICK,
        topic: name,
        groupId: newId(),
        eventName: "other",
        raw: true,
      },
      (record) => void records.push(record),
    );
    await until("two records", () => records.length === 2 || undefined);
    assert.equal(text(records[0]?.value), "not JSON");
    assert.deepEqual(
      records[0]?.headers.map(([key, value]) => [key, text(value)]),
      [["a", "1"]],
    );
    assert.equal(records[1]?.value, undefined);
    assert.equal(records[1]?.offset, 1n);
  },
);

kafkaTest(
  "a record whose dead letter is not kept is not done with",
  async ({ stream, topic }) => {
    const events = stream();
    const name = topic();
    const options = { ...QUICK, topic: name, groupId: newId() };
    let tries = 0;
    const first = events.subscribe({
      ...options,
      retry: { ...QUICK.retry, maxAttempts: 1 },
      deadLetter: () => {
        tries++;
        return Promise.reject(new Error("No room"));
      },
    }, () => {
      throw new Error("Fails");
    });
    await events.publishSync({ topic: name, name: "e", key: "k", id: "a" });
    await events.publishSync({ topic: name, name: "e", key: "k", id: "b" });
    await until("two tries", () => tries >= 2 || undefined);
    await first[Symbol.asyncDispose]();
    const seen: string[] = [];
    events.subscribe(options, ({ id }) => void seen.push(id));
    await until("both", () => seen.length === 2 || undefined);
    assert.deepEqual(seen, ["a", "b"]);
  },
);

kafkaTest(
  "a group can begin at the end, and then misses nothing",
  async ({ stream, topic }) => {
    const events = stream();
    const name = topic();
    const options = {
      ...QUICK,
      topic: name,
      groupId: newId(),
      offset: "latest",
    } as const;
    const publish = (id: string) =>
      events.publishSync({ topic: name, name: "e", key: "k", id });
    await publish("old");
    const first = events.subscribe(options, () => {});
    await first.ready;
    await first[Symbol.asyncDispose]();
    await publish("meanwhile");
    const seen: string[] = [];
    events.subscribe(options, ({ id }) => void seen.push(id));
    await publish("new");
    await until("two events", () => seen.length === 2 || undefined);
    assert.deepEqual(seen, ["meanwhile", "new"]);
  },
);

kafkaTest(
  "a topic that comes later joins those that are there",
  async ({ stream, topic }) => {
    const events = stream();
    const topics = [topic("early"), topic("late")];
    const seen: string[] = [];
    events.subscribe(
      { ...QUICK, topic: topics, groupId: newId() },
      (event) => void seen.push(event.topic),
    );
    for (const [index, name] of topics.entries()) {
      await events.publishSync({ topic: name, name: "e" });
      await until(name, () => seen.length === index + 1 || undefined);
    }
    assert.deepEqual(seen, topics);
  },
);

kafkaTest("disposing sends what is queued", async ({ stream, topic }) => {
  const name = topic();
  {
    await using events = stream();
    for (let n = 0; n < 500; n++) events.publish({ topic: name, name: "e" });
  }
  const records = readAll(stream(), name);
  await until("500 records", () => records.length === 500 || undefined);
});

kafkaTest(
  "disposing waits for the event at hand, and commits it",
  async ({ stream, topic }) => {
    const name = topic();
    const groupId = newId();
    const started = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    const seen: string[] = [];
    const events = stream();
    events.subscribe({ ...QUICK, topic: name, groupId }, async ({ id }) => {
      started.resolve();
      await finish.promise;
      seen.push(id);
    });
    for (const id of ["a", "b"]) {
      await events.publishSync({ topic: name, name: "e", key: "k", id });
    }
    await started.promise;
    const disposed = events[Symbol.asyncDispose]();
    finish.resolve();
    await disposed;
    assert.deepEqual(seen, ["a"]);
    const next = stream();
    next.subscribe({ ...QUICK, topic: name, groupId }, ({ id }) => {
      seen.push(id);
    });
    await until("the next", () => seen.length > 1 || undefined);
    assert.deepEqual(seen, ["a", "b"]);
  },
);

kafkaTest(
  "disposing interrupts an event that does not end, which comes again",
  async ({ stream, topic }) => {
    const name = topic();
    const groupId = newId();
    const events = stream();
    const started = Promise.withResolvers<void>();
    events.subscribe(
      { ...QUICK, topic: name, groupId, grace: 50 },
      (_event, { signal }) => {
        started.resolve();
        return new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
        });
      },
    );
    await events.publishSync({ topic: name, name: "e", id: "a" });
    await started.promise;
    await events[Symbol.asyncDispose]();
    const seen: string[] = [];
    stream().subscribe({ ...QUICK, topic: name, groupId }, ({ id }) => {
      seen.push(id);
    });
    await until("the event again", () => seen.length > 0 || undefined);
    assert.deepEqual(seen, ["a"]);
  },
);

kafkaTest(
  "an event has headers when it is given some, and a record is sent as it is",
  async ({ stream, topic }) => {
    const events = stream();
    const name = topic();
    const traceparent =
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    await events.publishSync({
      topic: name,
      name: "e",
      headers: { traceparent },
    });
    await events.sendRecord(name, {
      key: bytes("k"),
      headers: [["empty", bytes("")]],
    });
    const records = readAll(events, name);
    await until("two records", () => records.length === 2 || undefined);
    const [event, record] = records.toSorted((a, b) =>
      (b.value?.length ?? 0) - (a.value?.length ?? 0)
    );
    assert.deepEqual(
      event?.headers.map(([key, value]) => [key, text(value)]),
      [["traceparent", traceparent]],
    );
    assert.equal(text(record?.key), "k");
    assert.equal(record?.value, undefined);
    assert.deepEqual(
      record?.headers.map(([key, value]) => [key, value.length]),
      [["empty", 0]],
    );
  },
);

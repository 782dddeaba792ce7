import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import {
  InvalidEventNameError,
  InvalidFieldError,
  InvalidTopicError,
  MessageTooLargeError,
  MissingArgumentError,
} from "../../lib/eventstream/errors.ts";
import { checkTopic, isId, newId } from "../../lib/eventstream/names.ts";
import {
  outgoingEvent,
  type OutgoingRules,
  type PublishedEvent,
} from "../../lib/eventstream/outgoing_event.ts";
import { partitionOf } from "../../lib/eventstream/partitioner.ts";

const RULES: OutgoingRules = {
  strict: true,
  maxMessageBytes: 1_048_576,
  now: () => 0n,
};
const EVENT: PublishedEvent = { topic: "topic", name: "testEvent" };
const ID = "0b7c1f6e2d9a4c53a1e4f2089b6d7c11";

const GOOD = ["topic", "topic_123", "a.b", "Topic-1", "0b7c-1f6e", "it's", "9"];
const BAD = [
  "",
  "topic-",
  "topic.",
  "topic_",
  ".topic",
  "a..b",
  "a-.b",
  "!@#",
  "a,b",
  "a%",
  "a b",
  "ä",
  "topic\n",
];

for (const topic of GOOD) {
  Deno.test(`a topic and an event can be called ${topic}`, () => {
    outgoingEvent({ topic, name: topic }, RULES);
  });
}

for (const name of BAD) {
  Deno.test(`no topic and no event can be called ${JSON.stringify(name)}`, () => {
    const topic = name;
    assert.throws(
      () => outgoingEvent({ ...EVENT, topic }, RULES),
      InvalidTopicError,
    );
    assert.throws(
      () => outgoingEvent({ ...EVENT, name }, RULES),
      InvalidEventNameError,
    );
  });
}

Deno.test("names are taken and refused as by the Go SDK's pattern", () => {
  // Its nested quantifiers take exponential time on long names only.
  const pattern = /^[A-Za-z0-9]+((['_.-][A-Za-z0-9])?[A-Za-z0-9]*)*$/;
  const name = fc.string({
    unit: fc.constantFrom(..."aZ9'_.-! "),
    maxLength: 12,
  });
  fc.assert(fc.property(name, (topic) => {
    let isTaken = true;
    try {
      checkTopic(topic);
    } catch {
      isTaken = false;
    }
    assert.equal(isTaken, pattern.test(topic));
  }));
});

Deno.test("a topic of a million characters is refused in a time that grows with its length only", () => {
  // With the square of it this would take longer than anybody waits.
  for (const topic of ["a".repeat(1_000_000) + "!", "a.".repeat(500_000)]) {
    assert.throws(() => checkTopic(topic), InvalidTopicError);
  }
});

Deno.test("no event is refused by its own error", () => {
  assert.throws(
    () => outgoingEvent(undefined as unknown as PublishedEvent, RULES),
    MissingArgumentError,
  );
});

const STRICT: readonly (readonly [Partial<PublishedEvent>, string])[] = [
  [{ userId: "user123", clientId: "client123" }, "userId"],
  [{ clientId: "client123", traceId: "t" }, "clientId"],
  [{ sessionId: "session", traceId: "t" }, "sessionId"],
  [{ traceId: "trace" }, "traceId"],
  [{ userId: ID.toUpperCase() }, "userId"],
  [{ userId: "0b7c1f6e2d9a3c53a1e4f2089b6d7c11" }, "userId"],
  [{ userId: "0b7c1f6e2d9a4c5371e4f2089b6d7c11" }, "userId"],
];
for (const [fields, field] of STRICT) {
  Deno.test(`strict: the first bad id of ${JSON.stringify(fields)} is named`, () => {
    assert.throws(
      () => outgoingEvent({ ...EVENT, ...fields }, RULES),
      (error) => error instanceof InvalidFieldError && error.field === field,
    );
    outgoingEvent({ ...EVENT, ...fields }, { ...RULES, strict: false });
  });
}

Deno.test("strict: ids that are there or not are taken, as are lists of anything", () => {
  outgoingEvent({
    ...EVENT,
    userId: ID,
    clientId: "",
    namespace: "!",
    clientIds: ["!"],
  }, RULES);
});

Deno.test("new ids are v4 UUIDs without hyphens", () => {
  for (let count = 0; count < 100; count++) assert.ok(isId(newId()));
});

Deno.test("the key is the given one, or else the id", () => {
  const text = (bytes: Uint8Array | undefined) =>
    new TextDecoder().decode(bytes);
  const { key, value } = outgoingEvent(EVENT, RULES);
  assert.ok(isId(text(key)));
  assert.equal((JSON.parse(text(value)) as { id: string }).id, text(key));
  assert.equal(text(outgoingEvent({ ...EVENT, id: ID }, RULES).key), ID);
  const both = outgoingEvent({ ...EVENT, id: ID, key: "k" }, RULES);
  assert.equal(text(both.key), "k");
});

function kilobytes(count: number): PublishedEvent {
  const payload = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [index, "x".repeat(1_000)]),
  );
  return { ...EVENT, payload };
}

Deno.test("an event is too large by its key's and value's bytes", () => {
  const small = { ...RULES, maxMessageBytes: 4_096 };
  outgoingEvent(kilobytes(10), RULES);
  assert.throws(
    () => outgoingEvent(kilobytes(2_000), RULES),
    MessageTooLargeError,
  );
  outgoingEvent(kilobytes(1), small);
  assert.throws(
    () => outgoingEvent(kilobytes(10), small),
    MessageTooLargeError,
  );
});

Deno.test("size is counted in bytes, not in characters, and to the byte", () => {
  const { key, value } = outgoingEvent({
    ...EVENT,
    id: ID,
    payload: { text: "€".repeat(100) },
  }, RULES);
  const size = (key?.length ?? 0) + (value?.length ?? 0);
  const fits = { ...RULES, maxMessageBytes: size + 2_048 };
  const event = { ...EVENT, id: ID, payload: { text: "€".repeat(100) } };
  outgoingEvent(event, fits);
  assert.throws(
    () => outgoingEvent(event, { ...fits, maxMessageBytes: size + 2_047 }),
    MessageTooLargeError,
  );
});

Deno.test("a key's partition is its CRC-32 modulo the partitions", () => {
  assert.equal(crc32("123456789"), 0xCBF43926);
  fc.assert(fc.property(
    fc.uint8Array({ minLength: 1 }),
    fc.integer({ min: 1, max: 1_000 }),
    (key, partitions) => {
      assert.equal(partitionOf(key, partitions), crc32(key) % partitions);
    },
  ));
});

Deno.test("a record without key goes anywhere", () => {
  for (const key of [undefined, new Uint8Array(0)]) {
    assert.equal(partitionOf(key, 4, () => 0), 0);
    assert.equal(partitionOf(key, 4, () => 0.99), 3);
  }
});

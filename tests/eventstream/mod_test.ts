/**
 * The event stream contract's conformance list, as far as it needs no broker: T9 to T15.
 */

import assert from "node:assert/strict";
import {
  DeliveryError,
  EventStreamError,
  InvalidEventNameError,
  InvalidFieldError,
  InvalidTopicError,
  MessageTooLargeError,
  MissingArgumentError,
  StreamClosedError,
  StreamOptionsError,
} from "../../lib/eventstream/errors.ts";
import { createEventStream } from "../../lib/eventstream/mod.ts";
import { newId } from "../../lib/eventstream/names.ts";
import type { PublishedEvent } from "../../lib/eventstream/outgoing_event.ts";
import type {
  EventCallback,
  EventStream,
  EventStreamOptions,
  SubscribeOptions,
} from "../../lib/eventstream/stream.ts";

const NOTHING = undefined as unknown;
const EVENT: PublishedEvent = { topic: "topic", name: "testEvent" };

/** A port on which nobody listens. */
function closedPort(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return `127.0.0.1:${(listener.addr as Deno.NetAddr).port}`;
}

function offline(options: Partial<EventStreamOptions> = {}): EventStream {
  return createEventStream({
    stream: "kafka",
    prefix: "prefix",
    brokers: [closedPort()],
    strict: true,
    flushTimeout: 0,
    ...options,
  });
}

Deno.test("T9: no event, nothing to subscribe to and no callback have their errors", async () => {
  await using events = offline();
  assert.throws(
    () => events.publish(NOTHING as PublishedEvent),
    /no event/,
  );
  await assert.rejects(
    events.publishSync(NOTHING as PublishedEvent),
    MissingArgumentError,
  );
  assert.throws(
    () => events.subscribe(NOTHING as SubscribeOptions, () => {}),
    /nothing to subscribe/,
  );
  assert.throws(
    () => events.subscribe({ topic: "topic" }, NOTHING as EventCallback),
    /no callback/,
  );
  assert.throws(
    () => events.subscribe({ topic: [] }, () => {}),
    MissingArgumentError,
  );
});

Deno.test("T10: bad topics and event names are refused, when publishing and subscribing", async () => {
  await using events = offline();
  const name = "testEvent,.,.";
  assert.throws(
    () => events.publish({ ...EVENT, topic: "" }),
    InvalidTopicError,
  );
  assert.throws(
    () => events.publish({ ...EVENT, name }),
    InvalidEventNameError,
  );
  await assert.rejects(
    events.publishSync({ ...EVENT, name }),
    InvalidEventNameError,
  );
  assert.throws(
    () => events.subscribe({ topic: "" }, () => {}),
    InvalidTopicError,
  );
  assert.throws(
    () => events.subscribe({ topic: ["a", "b!"] }, () => {}),
    InvalidTopicError,
  );
  assert.throws(
    () => events.subscribe({ topic: "topic", eventName: name }, () => {}),
    InvalidEventNameError,
  );
});

Deno.test("T11: strict streams refuse ids that are none", async () => {
  await using events = offline();
  for (
    const [field, id] of [["userId", "user123"], [
      "clientId",
      "client123",
    ]] as const
  ) {
    assert.throws(
      () => events.publish({ ...EVENT, [field]: id }),
      (error) => error instanceof InvalidFieldError && error.field === field,
    );
  }
  await using lenient = offline({ strict: false });
  lenient.publish({ ...EVENT, userId: "user123" });
});

function kilobytes(count: number): PublishedEvent {
  const payload = Object.fromEntries(
    Array.from({ length: count }, () => [newId(), "x".repeat(1_000)]),
  );
  return { ...EVENT, payload };
}

Deno.test("T12: publishing without a broker is fine at once, but for what is too large", async () => {
  await using events = offline();
  events.publish(kilobytes(10));
  assert.throws(() => events.publish(kilobytes(2_000)), MessageTooLargeError);
  await using small = offline({ maxMessageBytes: 4_096 });
  small.publish(kilobytes(1));
  assert.throws(() => small.publish(kilobytes(10)), MessageTooLargeError);
});

Deno.test("T13: an event name may be empty when subscribing, not when publishing", async () => {
  await using events = offline();
  events.subscribe({ topic: "topic", eventName: "" }, () => {});
  assert.throws(
    () => events.publish({ ...EVENT, name: "" }),
    InvalidEventNameError,
  );
});

/** A standard output that takes all lines at once. */
function recordLines(lines: string[]) {
  const write = (line: string) => void lines.push(line.trimEnd());
  return { write, confirm: (line: string) => Promise.resolve(write(line)) };
}

Deno.test("T15: a stream to nowhere takes anything", async () => {
  const events = createEventStream({ stream: "none" });
  events.publish(NOTHING as PublishedEvent);
  await events.publishSync(NOTHING as PublishedEvent);
  events.publishAuditLog(
    NOTHING as Parameters<EventStream["publishAuditLog"]>[0],
  );
  const subscription = events.subscribe(
    NOTHING as SubscribeOptions,
    NOTHING as EventCallback,
  );
  await subscription.ready;
  await subscription[Symbol.asyncDispose]();
  await events.sendRecord("topic", {});
  assert.deepEqual(await events.metadata(), []);
  await events[Symbol.asyncDispose]();
});

Deno.test("T15: a stream to standard output prints what is published and subscribed to", async () => {
  const lines: string[] = [];
  const id = newId();
  await using events = createEventStream({
    stream: "stdout",
    prefix: "prefix",
    now: () => 1_795_285_231_123_456_789n,
    output: recordLines(lines),
  });
  events.publish({ ...EVENT, id, sessionId: "s", payload: { b: 1, a: "<" } });
  await events.publishSync({ ...EVENT, id });
  let calls = 0;
  events.subscribe({ topic: "topic", eventName: "e" }, () => void calls++);
  events.publishAuditLog({
    category: "c",
    actionName: "a",
    actor: id,
    actorType: "USER",
    clientId: id,
    actorNamespace: "n",
    objectNamespace: "n",
  });
  const time = '"timestamp":"2026-11-21T18:20:31Z",' +
    '"timestampUnixNano":1795285231123456789,"version":1';
  assert.deepEqual(lines.slice(0, 3), [
    `{"id":"${id}","name":"testEvent","sessionId":"s",${time},` +
    String.raw`"payload":{"a":"\u003c","b":1}}`,
    `{"id":"${id}","name":"testEvent",${time}}`,
    '{"topic":"topic","name":"e","timestamp":"2026-11-21T18:20:31.123456789Z",' +
    '"version":1}',
  ]);
  assert.match(lines[3] ?? "", /^\{"_id":"[0-9a-f]{32}","category":"c"/);
  assert.deepEqual([lines.length, calls], [4, 0]);
  assert.throws(
    () => events.publish(NOTHING as PublishedEvent),
    MissingArgumentError,
  );
  assert.throws(
    () => events.subscribe(NOTHING as SubscribeOptions, () => {}),
    MissingArgumentError,
  );
  assert.deepEqual(await events.metadata(), []);
});

Deno.test("a stream to standard output prints records and dead letters with their topics", async () => {
  const lines: string[] = [];
  await using events = createEventStream({
    stream: "stdout",
    output: recordLines(lines),
  });
  const value = new TextEncoder().encode("text");
  const headers = [["a", value]] as const;
  await events.sendRecord("topic", { value, headers });
  await events.writeDeadLetter({
    record: {
      topic: "topic",
      partition: 0,
      offset: 7n,
      timestamp: 0n,
      value,
      headers: [],
    },
    groupId: "g",
    reason: "rejected",
    attempts: 2,
    error: new TypeError("No item"),
  });
  assert.deepEqual(lines, [
    '{"headers":[["a","text"]],"topic":"topic","value":"text"}',
    '{"headers":[["dlq-reason","rejected"],["dlq-error","TypeError: No item"],' +
    '["dlq-attempts","2"],["dlq-group","g"],["dlq-topic","topic"],' +
    '["dlq-partition","0"],["dlq-offset","7"]],"topic":"topic.dlq","value":"text"}',
  ]);
});

Deno.test("a stream to standard output that takes nothing fails whoever waits, and nobody else", async () => {
  const refused = new Error("Disk is full");
  await using events = createEventStream({
    stream: "stdout",
    output: { write() {}, confirm: () => Promise.reject(refused) },
  });
  events.publish(EVENT);
  const value = new TextEncoder().encode("text");
  for (
    const waiting of [
      events.publishSync(EVENT),
      events.sendRecord("topic", { value }),
    ]
  ) {
    await assert.rejects(waiting, (error) => {
      assert.ok(error instanceof DeliveryError);
      assert.equal(error.cause, refused);
      return true;
    });
  }
});

Deno.test("a stream goes to Kafka, standard output or nowhere", () => {
  const stream = "Kafka" as "kafka";
  assert.throws(() => createEventStream({ stream }), StreamOptionsError);
});

Deno.test("a stream to Kafka needs brokers, and connects to none by itself", async () => {
  assert.throws(
    () => createEventStream({ stream: "kafka" }),
    StreamOptionsError,
  );
  await using _ = createEventStream({
    stream: "kafka",
    brokers: ["127.0.0.1:1"],
    port: () => Promise.reject(new Error("Nothing is wanted of Kafka")),
  });
});

Deno.test("a stream whose way to Kafka cannot be opened says so, and is disposed all the same", async () => {
  const events = createEventStream({
    stream: "kafka",
    brokers: ["127.0.0.1:1"],
    publishTimeout: 20,
    port: () => Promise.reject(new Error("No library")),
  });
  await assert.rejects(events.publishSync(EVENT), DeliveryError);
  await assert.rejects(events.metadata(), EventStreamError);
  const subscription = events.subscribe({ topic: "topic" }, () => {});
  await events[Symbol.asyncDispose]();
  await subscription.closed;
});

Deno.test("a stream that is disposed takes nothing", async () => {
  const events = offline();
  await events[Symbol.asyncDispose]();
  assert.throws(() => events.publish(EVENT), StreamClosedError);
  assert.throws(
    () => events.subscribe({ topic: "topic" }, () => {}),
    StreamClosedError,
  );
});

interface Graph {
  readonly roots: readonly string[];
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly isDynamic?: boolean;
      readonly code?: { readonly specifier?: string };
    }[];
  }[];
}

Deno.test("the Kafka library is loaded when it is used, and not before", async () => {
  const entry = new URL("../../lib/eventstream/mod.ts", import.meta.url);
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry.href],
    stdout: "piped",
    stderr: "null",
  }).output();
  assert.ok(success);
  const { roots, modules } = JSON.parse(
    new TextDecoder().decode(stdout),
  ) as Graph;
  const loaded = new Set<string>(roots);
  for (const specifier of loaded) {
    const found = modules.find((each) => each.specifier === specifier);
    for (const { isDynamic, code } of found?.dependencies ?? []) {
      if (isDynamic !== true && code?.specifier) loaded.add(code.specifier);
    }
  }
  assert.ok(loaded.size > 10);
  assert.deepEqual(
    [...loaded].filter((each) => each.includes("platformatic")),
    [],
  );
  // It is there, though.
  assert.ok(
    modules.some(({ specifier }) => specifier.includes("platformatic_port")),
  );
});

import assert from "node:assert/strict";
import {
  RetryableError,
  ShutdownError,
  TerminalError,
} from "../../lib/core/errors.ts";
import type { Delivery } from "../../lib/core/dispatcher.ts";
import type { TracePublish } from "../../lib/core/tracing.ts";
import {
  DeliveryError,
  DeliveryTimeoutError,
  InvalidTopicError,
  MessageTooLargeError,
  QueueFullError,
} from "../../lib/eventstream/errors.ts";
import { PortError } from "../../lib/eventstream/port.ts";
import { createEventPublishing } from "../../lib/kafka/event_publishing.ts";
import type { PublishedEvent } from "../../lib/eventstream/outgoing_event.ts";
import { isId } from "../../lib/eventstream/names.ts";
import type { SendOptions } from "../../lib/eventstream/publisher.ts";
import { testDelivery, testEvent } from "../_support/delivery.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`;

const EVENT = testEvent({
  subject: "player",
  data: { sessionId: "session", clientId: "client", traceId: "other" },
});

interface Published {
  readonly event: PublishedEvent;
  readonly options: SendOptions | undefined;
}

function publishing(
  options: {
    readonly fails?: unknown;
    readonly trace?: TracePublish;
  } = {},
) {
  const published: Published[] = [];
  const bind = createEventPublishing({
    stream: {
      publishSync(event, sendOptions) {
        published.push({ event, options: sendOptions });
        return options.fails === undefined
          ? Promise.resolve()
          : Promise.reject(options.fails);
      },
    },
    trace: options.trace,
  });
  return {
    published,
    bind: (delivery: Delivery) => bind(delivery).publish,
  };
}

Deno.test("what is not said of a published event is as in the event at hand", async () => {
  const { published, bind } = publishing();
  const publish = bind(testDelivery({
    event: EVENT,
    traceId: TRACE,
    arrival: {
      kind: "message",
      name: "topic",
      header: (name) => name === "traceparent" ? PARENT : undefined,
    },
  }));
  await publish("shop.orders", { name: "orderPaid", payload: { amount: 3 } });
  const [{ event: { id = "", ...event } } = assert.fail()] = published;
  assert.deepEqual(event, {
    topic: "shop.orders",
    name: "orderPaid",
    payload: { amount: 3 },
    namespace: "test-namespace",
    userId: "player",
    sessionId: "session",
    clientId: "client",
    traceId: TRACE,
    spanContext: PARENT,
    headers: { traceparent: PARENT },
  });
  assert.ok(isId(id), id);
});

Deno.test("what is said of a published event counts", async () => {
  const { published, bind } = publishing();
  const said = {
    namespace: "another",
    userId: "friend",
    sessionId: "",
    clientId: "c",
    traceId: "t",
    id: "my-id",
    key: "my-key",
    version: 2,
    privacy: true,
  };
  await bind(testDelivery({ event: EVENT }))(
    "a",
    { name: "b", payload: {} },
    said,
  );
  const [{ event } = assert.fail()] = published;
  assert.deepEqual(event, { topic: "a", name: "b", payload: {}, ...said });
});

Deno.test("a handler that runs again publishes by the same ids, whatever else it publishes", async () => {
  const { published, bind } = publishing();
  const first = bind(testDelivery({ event: EVENT }));
  await first("a", { name: "b", payload: { item: 1 } });
  await first("a", { name: "b", payload: { item: 1 } });
  await first("a", { name: "b", payload: { item: 2 } });
  const second = bind(testDelivery({ event: EVENT }));
  await second("a", { name: "b", payload: { item: 2 } });
  await second("a", { name: "b", payload: { item: 1 } });
  await second("a", { name: "b", payload: { item: 1 } });
  const other = bind(testDelivery({ event: { ...EVENT, id: "event-2" } }));
  await other("a", { name: "b", payload: { item: 1 } });
  const [one, two, three, ...again] = published.map(({ event }) => event.id);
  assert.equal(new Set([one, two, three]).size, 3);
  assert.deepEqual(again.slice(0, 3), [three, one, two]);
  assert.equal(new Set([one, two, three, again[3]]).size, 4);
});

Deno.test("publishing ends with the event: its signal and its deadline are the message's", async () => {
  const { published, bind } = publishing();
  const delivery = testDelivery({ deadline: Date.now() + 5_000 });
  const own = new AbortController();
  await bind(delivery)("a", { name: "b", payload: {} }, { signal: own.signal });
  const [{ event, options } = assert.fail()] = published;
  assert.ok(!("signal" in event));
  const { timeout = 0, signal } = options ?? {};
  assert.ok(timeout > 0 && timeout <= 5_000, `${timeout}`);
  own.abort();
  assert.equal(signal?.aborted, true);
  const reason = new ShutdownError("End");
  delivery.controller.abort(reason);
  await assert.rejects(bind(delivery)("a", { name: "b" }), reason);
  assert.equal(published.length, 1);
});

for (
  const [error, expected, fault] of [
    [new DeliveryTimeoutError("Late"), RetryableError, "event"],
    [new QueueFullError("Full"), RetryableError, "event"],
    [new Error("Unknown"), RetryableError, "event"],
    [new InvalidTopicError("Bad"), TerminalError, "state"],
    [new MessageTooLargeError("Long"), TerminalError, "state"],
    [
      new DeliveryError("Longer than the topic takes", {
        cause: new PortError("Too large", {
          retryable: false,
          code: "MESSAGE_TOO_LARGE",
        }),
      }),
      TerminalError,
      "state",
    ],
  ] as const
) {
  Deno.test(`a publishing that fails with ${error.name} (${error.message}) throws a ${expected.name}`, async () => {
    const { bind } = publishing({ fails: error });
    await assert.rejects(
      bind(testDelivery())("a", { name: "b" }),
      (thrown) =>
        thrown instanceof expected && thrown.cause === error &&
        thrown.fault === fault &&
        thrown.message === 'Event "b" on topic "a" was not published',
    );
  });
}

Deno.test("without brokers publishing says what is missing, and the event is set aside", async () => {
  const bind = createEventPublishing({ stream: undefined, trace: undefined });
  await assert.rejects(
    bind(testDelivery()).publish("shop.orders", { name: "orderPaid" }),
    (error) =>
      error instanceof TerminalError && error.fault === "state" &&
      /"shop.orders".*KAFKA_BROKERS is not set/.test(error.message),
  );
});

Deno.test("a published event has the trace of its own span", async () => {
  const seen: unknown[] = [];
  const { published, bind } = publishing({
    trace(publication, run) {
      seen.push(publication);
      return run({ traceparent: PARENT });
    },
  });
  await bind(testDelivery({ event: EVENT }))("a", { name: "b" });
  assert.deepEqual(seen, [{ topic: "a", name: "b" }]);
  assert.deepEqual(published[0]?.event.headers, { traceparent: PARENT });
  assert.equal(published[0]?.event.spanContext, PARENT);
});

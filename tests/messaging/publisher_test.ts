import assert from "node:assert/strict";
import * as grpc from "@grpc/grpc-js";
import { nextDelay } from "../../lib/ags/backoff.ts";
import { DeadlineError, TerminalError } from "../../lib/core/errors.ts";
import { PublishError } from "../../lib/core/messaging.ts";
import {
  createPublisher,
  type Publisher,
  type PublisherOptions,
} from "../../lib/grpc/publisher.ts";
import { type Context, on } from "../../mod.ts";
import { recordLog } from "../_support/log.ts";
import { PROTO_FOLDER } from "../grpc/_fixture.ts";
import {
  deliver,
  type Message,
  serveHandlers,
  startSidecar,
} from "./_service.ts";

const UUID = /^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/;

/** A publisher that sends again at once, three times in all. */
function publisherTo(
  port: number,
  options: Partial<PublisherOptions> = {},
): Publisher {
  return createPublisher({
    protoFolder: PROTO_FOLDER,
    port,
    nextDelay: ({ attempt }) => attempt < 3 ? 0 : undefined,
    ...options,
  });
}

/** A port where nothing answers. */
const NOBODY = 1;

/**
 * Connections are closed some turns after they are asked to be, and the timer of the
 * next try goes on, which is set before this one.
 */
const closing = () => new Promise((resolve) => setTimeout(resolve, 100));

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("Nothing was thrown");
}

const unbound = () => ({ signal: new AbortController().signal });

Deno.test("publish() hands the sidecar topic, body and metadata, and an id", async () => {
  await using sidecar = await startSidecar();
  {
    using publisher = publisherTo(sidecar.port);
    const messaging = publisher.bind(unbound());
    await messaging.publish("orders", "plain text");
    await messaging.publish("orders", { id: "ö", list: [1] }, {
      metadata: { PlayerId: "p-1", MessageId: "order-17" },
    });
    await messaging.publish("list", [1, "2", 9_007_199_254_740_993n]);
  }
  const [first, second, third] = sidecar.requests;
  assert.match(first?.metadata?.["MessageId"] ?? "", UUID);
  assert.deepEqual(
    { ...first, metadata: {} },
    { body: "plain text", topic: "orders", metadata: {} },
  );
  assert.deepEqual(second, {
    body: '{"id":"ö","list":[1]}',
    topic: "orders",
    metadata: { PlayerId: "p-1", MessageId: "order-17" },
  });
  assert.equal(third?.body, '[1,"2",9007199254740993]');
  assert.notEqual(
    third?.metadata?.["MessageId"],
    first?.metadata?.["MessageId"],
  );
  await closing();
});

Deno.test("publish() sends again what the sidecar did not take, under the same id", async () => {
  const replies = [
    { code: grpc.status.UNAVAILABLE },
    { code: grpc.status.RESOURCE_EXHAUSTED },
    undefined,
  ];
  await using sidecar = await startSidecar(() => replies.shift());
  {
    using publisher = publisherTo(sidecar.port);
    await publisher.bind(unbound()).publish("orders", "1");
  }
  const ids = sidecar.requests.map(({ metadata }) => metadata?.["MessageId"]);
  assert.equal(ids.length, 3);
  assert.equal(new Set(ids).size, 1);
  await closing();
});

for (
  const [code, retryable] of [
    ["CANCELLED", true],
    ["UNKNOWN", true],
    ["INVALID_ARGUMENT", false],
    ["DEADLINE_EXCEEDED", true],
    ["NOT_FOUND", false],
    ["PERMISSION_DENIED", false],
    ["RESOURCE_EXHAUSTED", true],
    ["FAILED_PRECONDITION", false],
    ["ABORTED", true],
    ["UNIMPLEMENTED", false],
    ["INTERNAL", true],
    ["UNAVAILABLE", true],
    ["UNAUTHENTICATED", false],
  ] as const
) {
  Deno.test(`publish() ${retryable ? "tries again, then fails" : "is refused for good"} when the sidecar answers ${code}`, async () => {
    await using sidecar = await startSidecar(() => ({
      code: grpc.status[code],
      details: "secret details",
    }));
    const log = recordLog();
    {
      using publisher = publisherTo(sidecar.port, { log });
      const error = await errorOf(
        publisher.bind(unbound()).publish("orders", "secret body"),
      );
      assert.ok(error instanceof PublishError);
      assert.deepEqual(
        [error.code, error.topic, error.retryable, error.fault],
        [code, "orders", retryable, "state"],
      );
      assert.equal(
        error.message,
        `Message on topic "orders" was not published: the sidecar answered ${code}`,
      );
    }
    assert.equal(sidecar.requests.length, retryable ? 3 : 1);
    const said = log.lines.filter(({ level }) => level !== "debug");
    assert.deepEqual(said, [], "the sidecar's own words are for developers");
    assert.doesNotMatch(JSON.stringify(log.lines), /secret body/);
    await closing();
  });
}

for (
  const [pushback, asked, requests] of [
    [["250"], 250, 3],
    [["999999999999"], 60_000, 3],
    [["-1"], "never", 1],
    [["soon"], "never", 1],
  ] as const
) {
  Deno.test(`publish() takes a pushback of ${pushback} for ${asked}`, async () => {
    const metadata = new grpc.Metadata();
    for (const value of pushback) {
      metadata.add("grpc-retry-pushback-ms", value);
    }
    const code = grpc.status.UNAVAILABLE;
    await using sidecar = await startSidecar(() => ({ code, metadata }));
    const waits: unknown[] = [];
    {
      using publisher = publisherTo(sidecar.port, {
        nextDelay: ({ attempt, retryAfter }) => {
          waits.push(retryAfter);
          return attempt < 3 ? 0 : undefined;
        },
      });
      const error = await errorOf(
        publisher.bind(unbound()).publish("orders", "1"),
      );
      assert.ok(error instanceof PublishError);
      assert.equal(error.retryable, true);
      const isNever = asked === "never";
      assert.equal(error.retryAfter, isNever ? undefined : asked);
      assert.deepEqual(waits, isNever ? [] : [asked, asked, asked]);
    }
    assert.equal(sidecar.requests.length, requests);
    await closing();
  });
}

Deno.test("publish() says where nothing answers, and works once something does", async () => {
  using publisher = publisherTo(NOBODY, { nextDelay: () => undefined });
  const error = await errorOf(publisher.bind(unbound()).publish("orders", "1"));
  assert.ok(error instanceof PublishError);
  assert.deepEqual([error.code, error.retryable], ["UNAVAILABLE", true]);
  assert.equal(
    error.message,
    `Message on topic "orders" was not published: nothing answers at 127.0.0.1:${NOBODY}`,
  );
  publisher[Symbol.dispose]();
  await closing();
  await using sidecar = await startSidecar();
  using other = publisherTo(sidecar.port);
  await other.bind(unbound()).publish("orders", "1");
  assert.equal(sidecar.requests.length, 1);
  other[Symbol.dispose]();
  await closing();
});

Deno.test("publish() refuses what cannot be a message before it connects", async () => {
  using publisher = publisherTo(1);
  const messaging = publisher.bind(unbound());
  const loop: Record<string, unknown> = {};
  loop["self"] = loop;
  for (
    const [topic, body, message] of [
      ["", "x", "Topic is empty: expected the name of a topic"],
      ["t", loop, "Body of the message is not JSON"],
      ["t", () => {}, "Body of the message is not JSON"],
    ] as const
  ) {
    const error = await errorOf(messaging.publish(topic, body));
    assert.ok(error instanceof TerminalError, String(error));
    assert.equal(error.message, message);
  }
});

Deno.test("publish() ends with the event's signal, and cancels the call", async () => {
  const arrived = Promise.withResolvers<void>();
  const cancelled = Promise.withResolvers<void>();
  await using sidecar = await startSidecar((_request, call) => {
    call.on("cancelled", () => cancelled.resolve());
    arrived.resolve();
    return cancelled.promise.then(() => undefined);
  });
  const controller = new AbortController();
  using publisher = publisherTo(sidecar.port, { nextDelay: () => undefined });
  const error = errorOf(
    publisher.bind({ signal: controller.signal }).publish("orders", "1"),
  );
  await arrived.promise;
  const reason = new Error("ended");
  controller.abort(reason);
  assert.equal(await error, reason);
  await cancelled.promise;
  const again = publisher.bind({ signal: controller.signal });
  assert.equal(await errorOf(again.publish("orders", "2")), reason);
  assert.equal(sidecar.requests.length, 1);
  publisher[Symbol.dispose]();
  await closing();
});

Deno.test("publish() ends with the handler's own signal, as a failure that can be mended", async () => {
  const arrived = Promise.withResolvers<void>();
  await using sidecar = await startSidecar(() => {
    arrived.resolve();
    return new Promise(() => {});
  });
  const own = new AbortController();
  using publisher = publisherTo(sidecar.port);
  const error = errorOf(
    publisher.bind(unbound()).publish("orders", "1", { signal: own.signal }),
  );
  await arrived.promise;
  own.abort();
  const failure = await error;
  assert.ok(failure instanceof PublishError);
  assert.deepEqual([failure.code, failure.retryable], ["CANCELLED", true]);
  publisher[Symbol.dispose]();
  await closing();
});

Deno.test("publish() waits no longer than the event's deadline", async () => {
  await using sidecar = await startSidecar(() => new Promise(() => {}));
  using publisher = publisherTo(sidecar.port, { nextDelay });
  const deadline = Date.now() + 200;
  const error = await errorOf(
    publisher.bind({ ...unbound(), deadline }).publish("orders", "1"),
  );
  assert.ok(error instanceof DeadlineError, String(error));
  assert.equal(sidecar.requests.length, 1);
  publisher[Symbol.dispose]();
  await closing();
});

Deno.test("publish() does not wait for an attempt that would come after the deadline", async () => {
  await using sidecar = await startSidecar(() => ({
    code: grpc.status.UNAVAILABLE,
  }));
  const left: number[] = [];
  using publisher = publisherTo(sidecar.port, {
    nextDelay: (failed) => {
      left.push(failed.timeLeft);
      return nextDelay(failed, { random: () => 1, baseDelay: 60_000 });
    },
  });
  const binding = { ...unbound(), deadline: Date.now() + 3_000 };
  const error = await errorOf(publisher.bind(binding).publish("orders", "1"));
  assert.ok(error instanceof PublishError);
  assert.equal(left.length, 1);
  assert.ok(left[0]! > 0 && left[0]! <= 3_000, `${left[0]} ms`);
  publisher[Symbol.dispose]();
  await closing();
});

/** The service with a handler that publishes. */
function serving(
  port: number,
  handle: (ctx: Context) => Promise<void>,
  handlerTimeout = 5_000,
) {
  return serveHandlers(
    [on("asyncMessaging.in", (_event, ctx) => handle(ctx))],
    { asyncMessagingPublisherGrpcPort: port, handlerTimeout },
  );
}

Deno.test("ctx.messaging publishes from a handler to the sidecar of the settings", async () => {
  await using sidecar = await startSidecar();
  await using running = await serving(
    sidecar.port,
    (ctx) => ctx.messaging.publish("out", { a: 1 }),
  );
  assert.equal((await deliver(running, { topic: "in" })).status, "OK");
  const [{ topic, body } = {} as Message] = sidecar.requests;
  assert.deepEqual([topic, body], ["out", '{"a":1}']);
});

Deno.test("an event whose message is not published comes again, unless the sidecar refuses", async () => {
  for (
    const [code, status] of [
      ["UNAVAILABLE", "UNAVAILABLE"],
      ["INTERNAL", "UNAVAILABLE"],
      ["PERMISSION_DENIED", "FAILED_PRECONDITION"],
      ["UNIMPLEMENTED", "FAILED_PRECONDITION"],
    ] as const
  ) {
    await using sidecar = await startSidecar(() => ({
      code: grpc.status[code],
      details: "secret details",
    }));
    await using running = await serving(
      sidecar.port,
      (ctx) => ctx.messaging.publish("out", "secret body"),
      1_000,
    );
    const answer = await deliver(running, { topic: "in" });
    assert.equal(answer.status, status, code);
    const text = JSON.stringify(running.log.lines) +
      running.log.lines.map(({ level, fields }) =>
        level === "debug" ? "" : String(fields["error"])
      ).join();
    assert.doesNotMatch(`${text}${answer.details}`, /secret body/);
    assert.match(text, new RegExp(`sidecar answered ${code}`));
  }
});

Deno.test("an event is answered UNAVAILABLE where no sidecar is", async () => {
  {
    await using running = await serving(
      NOBODY,
      (ctx) => ctx.messaging.publish("out", "x"),
      1_000,
    );
    const { status } = await deliver(running, { topic: "in" });
    assert.equal(status, "UNAVAILABLE");
  }
  // The longest that a connection waits for its next try, and after that try.
  await new Promise((resolve) => setTimeout(resolve, 700));
});

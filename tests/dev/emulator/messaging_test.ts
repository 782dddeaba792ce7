import assert from "node:assert/strict";
import { join } from "node:path";
import { startMessaging } from "../../../dev/emulator/messaging.ts";
import type { Event } from "../../../lib/core/event.ts";
import { on, RetryableError } from "../../../mod.ts";
import { call, connect } from "../../grpc/_grpc.ts";
import {
  messageBytes,
  PUBLISH,
  serveHandlers,
} from "../../messaging/_service.ts";
import { ROOT } from "../_run.ts";

/** The sidecar with a publisher, and what it prints. */
async function startSidecar(redeliverAfter = 1) {
  await using stack = new AsyncDisposableStack();
  const printed: string[] = [];
  let look = () => {};
  const sidecar = stack.use(
    await startMessaging({
      port: 0,
      protoFolder: join(ROOT, "proto"),
      redeliverAfter,
      print: (line) => {
        printed.push(line);
        look();
      },
    }),
  );
  // Sessions are destroyed a turn later, see the session guard.
  stack.defer(() => new Promise((resolve) => setTimeout(resolve, 50)));
  const channel = stack.use(connect(sidecar.port));
  const all = stack.move();
  return {
    sidecar,
    printed,
    publish: (topic: string, body: string, metadata = {}) =>
      call(channel.client, PUBLISH, messageBytes({ topic, body, metadata })),
    /** Waits for a line. */
    line: (wanted: RegExp) =>
      new Promise<void>((resolve) => {
        look = () => {
          if (printed.some((line) => wanted.test(line))) resolve();
        };
        look();
      }),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

Deno.test("the sidecar keeps and prints what is published, and delivers it to the app", async () => {
  const arrived = Promise.withResolvers<Event>();
  await using running = await serveHandlers([
    on("asyncMessaging.orders", (event) => arrived.resolve(event)),
  ]);
  await using world = await startSidecar();
  world.sidecar.deliverTo(running.service.portOf("grpc"));
  const { status, bytes } = await world.publish("orders", "text", {
    MessageId: "m-1",
  });
  assert.equal(status, "OK");
  assert.equal(bytes?.length, 0);
  const { id, data } = await arrived.promise as Event<
    { readonly metadata: Readonly<Record<string, string>> }
  >;
  assert.equal(id, "m-1");
  assert.match(data.metadata["SentTimestamp"] ?? "", /^\d{13}$/);
  assert.deepEqual(world.sidecar.published(), [
    { topic: "orders", body: "text", metadata: { MessageId: "m-1" } },
  ]);
  assert.deepEqual(world.printed, ['Message published on "orders": text']);
});

Deno.test("the sidecar delivers again what was not handled", async () => {
  const ids: string[] = [];
  const done = Promise.withResolvers<void>();
  await using running = await serveHandlers([
    on("asyncMessaging.orders", (event) => {
      ids.push(event.id);
      if (ids.length < 3) throw new RetryableError("later");
      done.resolve();
    }),
  ]);
  await using world = await startSidecar();
  world.sidecar.deliverTo(running.service.portOf("grpc"));
  await world.publish("orders", "text");
  await done.promise;
  assert.equal(ids.length, 3);
  assert.equal(new Set(ids).size, 1, "the same message");
  assert.deepEqual(world.printed.slice(1), [
    'Message on "orders" was not delivered: the app answered UNAVAILABLE: comes again',
    'Message on "orders" was not delivered: the app answered UNAVAILABLE: comes again',
  ]);
});

Deno.test("the sidecar gives up what no handler takes, and says why", async () => {
  await using topics = await serveHandlers([
    on("asyncMessaging.orders", () => {}),
  ]);
  await using world = await startSidecar();
  world.sidecar.deliverTo(topics.service.portOf("grpc"));
  await world.publish("others", "text");
  await world.line(
    /"others" was not delivered: the app answered FAILED_PRECONDITION$/,
  );
  await using none = await serveHandlers([on("scheduledTask.x", () => {})]);
  world.sidecar.deliverTo(none.service.portOf("grpc"));
  await world.publish("orders", "text");
  await world.line(
    /"orders" was not delivered: the app has no handler of messages$/,
  );
});

Deno.test("the sidecar refuses a message without a topic", async () => {
  await using world = await startSidecar();
  assert.equal((await world.publish("", "text")).status, "INVALID_ARGUMENT");
  assert.deepEqual(world.sidecar.published(), []);
});

Deno.test("the sidecar gives up a message after five deliveries, and prints no long body whole", async () => {
  await using world = await startSidecar();
  await world.publish("orders", "x".repeat(5_000));
  await world.line(/was not delivered: the app answered UNAVAILABLE$/);
  const [first = "", ...rest] = world.printed;
  assert.ok(first.length < 300);
  assert.equal(rest.length, 5, "nobody to deliver to");
});

import assert from "node:assert/strict";
import type { Event } from "../../lib/core/event.ts";
import { contentId } from "../../lib/core/event_id.ts";
import { on, parseJson, RetryableError, TerminalError } from "../../mod.ts";
import { checkHealth, reflect } from "../grpc/_clients.ts";
import { readDescriptor } from "../grpc/_descriptors.ts";
import { call } from "../grpc/_grpc.ts";
import {
  deliver,
  messageBytes,
  ON_MESSAGE,
  serveHandlers,
} from "./_service.ts";

const SERVICE =
  "accelbyte.extend.async_messaging.AsyncMessagingConsumerService";

Deno.test("a message goes to the handler of its topic, whole, and is answered Empty", async () => {
  const seen: Event[] = [];
  await using running = await serveHandlers([
    on("asyncMessaging.orders", (event) => void seen.push(event)),
    on("asyncMessaging.*", () => assert.fail("not of this topic")),
  ]);
  const message = {
    topic: "orders",
    body: '{"id":"ö"}',
    metadata: { SentTimestamp: "1767225600000", "__proto__x": "1" },
  };
  const { status, bytes } = await deliver(running, message);
  assert.equal(status, "OK");
  assert.equal(bytes?.length, 0);
  const type = "asyncMessaging.orders";
  assert.deepEqual(seen, [{
    type,
    id: contentId(type, message),
    source: "accelbyte.extend.async_messaging",
    data: message,
  }]);
  assert.deepEqual(running.service.types, ["asyncMessaging.*", type]);
});

Deno.test("a message's id is its MessageId, else what it says", async () => {
  const ids: string[] = [];
  await using running = await serveHandlers([
    on("asyncMessaging.*", (event) => void ids.push(event.id)),
  ]);
  const sent = { topic: "a", body: "1", metadata: { SentTimestamp: "1" } };
  await deliver(running, sent);
  await deliver(running, sent);
  await deliver(running, { ...sent, topic: "b" });
  await deliver(running, { ...sent, metadata: { SentTimestamp: "2" } });
  await deliver(running, { ...sent, metadata: { MessageId: "m-1" } });
  await deliver(running, { ...sent, metadata: { MessageId: "" } });
  const [first, again, otherTopic, later, named, unnamed] = ids;
  assert.match(first ?? "", /^sha256-/);
  assert.equal(again, first);
  assert.equal(named, "m-1");
  assert.match(unnamed ?? "", /^sha256-/);
  assert.equal(new Set([first, otherTopic, later, named, unnamed]).size, 5);
});

Deno.test("a message on a topic that no handler takes is refused for good, and said so", async () => {
  await using running = await serveHandlers([
    on("asyncMessaging.orders", () => {}),
  ]);
  const { status, details } = await deliver(running, {
    topic: "oders",
    body: "secret-body",
  });
  assert.equal(status, "FAILED_PRECONDITION");
  assert.doesNotMatch(details, /oders/);
  const line = running.log.lines.find(({ fields }) =>
    fields["eventType"] === "asyncMessaging.oders"
  );
  assert.equal(line?.level, "error");
  assert.equal(line?.fields["outcome"], "rejected");
  assert.match(
    String(line?.fields["error"]),
    /No handler takes the event type "asyncMessaging\.oders"/,
  );
  assert.doesNotMatch(JSON.stringify(running.log.lines), /secret-body/);
  assert.equal((await deliver(running, { topic: "orders" })).status, "OK");
});

Deno.test("ON_REJECT=ack takes such a message for done", async () => {
  await using running = await serveHandlers([
    on("asyncMessaging.orders", () => {}),
  ], { onReject: "ack" });
  assert.equal((await deliver(running, { topic: "oders" })).status, "OK");
});

Deno.test("a message without a topic, or with half a kilobyte of it, is malformed", async () => {
  await using running = await serveHandlers([
    on("asyncMessaging.*", () => assert.fail("handled")),
  ]);
  for (const topic of ["", "t".repeat(512)]) {
    const { status } = await deliver(running, { topic });
    assert.equal(status, "INVALID_ARGUMENT");
  }
  const types = running.log.lines
    .filter(({ message }) => message === "Event rejected")
    .map(({ fields }) => fields["eventType"]);
  assert.deepEqual(types, ["asyncMessaging.*", "asyncMessaging.*"]);
});

Deno.test("bytes that are no message are answered INVALID_ARGUMENT, with a handler for all topics or without", async () => {
  for (const type of ["asyncMessaging.*", "asyncMessaging.orders"] as const) {
    await using running = await serveHandlers([
      on(type, () => assert.fail("handled")),
    ]);
    const whole = messageBytes({ topic: "orders", body: "text" });
    for (
      const bytes of [
        new Uint8Array(),
        new Uint8Array([0]),
        new Uint8Array(1_000).fill(0xff),
        whole.subarray(0, whole.length - 2),
        // A body that is not UTF-8.
        new Uint8Array([0x0a, 0x01, 0xff]),
      ]
    ) {
      const { status } = await call(running.channel.client, ON_MESSAGE, bytes);
      assert.equal(status, "INVALID_ARGUMENT", String(bytes));
    }
  }
});

Deno.test("what a handler of a topic throws decides as for any event", async () => {
  await using running = await serveHandlers([
    on("asyncMessaging.terminal", () => {
      throw new TerminalError("no");
    }),
    on("asyncMessaging.retryable", () => {
      throw new RetryableError("later");
    }),
    on("asyncMessaging.bug", () => {
      throw new Error("bug");
    }),
    on("asyncMessaging.json", (event) => {
      parseJson(event.data.body);
    }),
    on("asyncMessaging.filtered", () => assert.fail("handled"), {
      filter: () => false,
    }),
  ]);
  const answers: Record<string, string> = {};
  for (const topic of ["terminal", "retryable", "bug", "json", "filtered"]) {
    const body = "secret-body";
    answers[topic] = (await deliver(running, { topic, body })).status;
  }
  assert.deepEqual(answers, {
    terminal: "INVALID_ARGUMENT",
    retryable: "UNAVAILABLE",
    bug: "INTERNAL",
    json: "INVALID_ARGUMENT",
    filtered: "OK",
  });
  const json = running.log.lines.map(({ fields }) => String(fields["error"]));
  assert.doesNotMatch(json.join("\n"), /secret-body/);
});

Deno.test("reflection and health know the consumer when a topic has a handler, and only then", async () => {
  const list = async (type: "asyncMessaging.x" | "scheduledTask.x") => {
    await using running = await serveHandlers([on(type, () => {})]);
    const health = await checkHealth(running.channel.client, SERVICE);
    const talk = reflect(running.channel.client, "v1");
    const { list_services_response } = await talk.ask({ list_services: "*" });
    const { file_descriptor_response } = await talk.ask({
      file_containing_symbol: SERVICE,
    });
    talk.end();
    await talk.ended;
    const names = list_services_response?.service.map(({ name }) => name);
    const files = file_descriptor_response?.file_descriptor_proto ?? [];
    return { health, names, files: files.map(readDescriptor) };
  };
  const served = await list("asyncMessaging.x");
  assert.equal(served.health, "SERVING");
  assert.ok(served.names?.includes(SERVICE));
  assert.deepEqual(served.files.map(({ name }) => name), [
    "accelbyte-asyncapi/extend/async_messaging/consumer_service.proto",
    "google/protobuf/empty.proto",
  ]);
  assert.match(JSON.stringify(served.files[0]), /"onMessage"/);
  const absent = await list("scheduledTask.x");
  assert.equal(absent.health, "NOT_FOUND");
  assert.equal(absent.names?.includes(SERVICE), false);
  assert.deepEqual(absent.files, []);
});

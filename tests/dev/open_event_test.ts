import assert from "node:assert/strict";
import { join } from "node:path";
import {
  findEvent,
  makeEvent,
  type MakeEventOptions,
  UnknownEventError,
} from "../../dev/event_source.ts";
import { decoderOf } from "../../lib/events/message_codec.ts";
import { ON_MESSAGE, RUN_TASK } from "../messaging/_service.ts";
import { ROOT } from "./_run.ts";

const PROTO_FOLDER = join(ROOT, "proto");

/** An event as handlers see it. */
function made(type: string, options: Partial<MakeEventOptions> = {}) {
  const event = findEvent(PROTO_FOLDER, type);
  const { bytes } = makeEvent(event, {
    namespace: "mygame",
    json: undefined,
    sets: [],
    isOneOfMany: false,
    ...options,
  });
  return decoderOf(event.message)(bytes);
}

Deno.test("findEvent() finds the methods of messages and scheduled tasks", () => {
  const message = findEvent(PROTO_FOLDER, "asyncMessaging.orders");
  const task = findEvent(PROTO_FOLDER, "scheduledTask.a.b");
  assert.deepEqual([message.path, task.path], [ON_MESSAGE, RUN_TASK]);
  assert.deepEqual(
    [message.response.name, task.response.name],
    ["Empty", "ScheduledTaskResponse"],
  );
});

Deno.test("findEvent() wants the name of a topic or task", () => {
  for (const type of ["asyncMessaging.", "scheduledTask"]) {
    assert.throws(() => findEvent(PROTO_FOLDER, type), UnknownEventError);
  }
});

Deno.test("makeEvent() makes a message on the topic, with an id, a time and JSON", () => {
  const { topic, body, metadata } = made("asyncMessaging.orders");
  assert.equal(topic, "orders");
  assert.deepEqual(JSON.parse(String(body)), { sample: "value" });
  const { MessageId, SentTimestamp } = Object(metadata);
  assert.match(MessageId, /^[\da-f]{32}$/);
  assert.ok(Math.abs(Date.now() - Number(SentTimestamp)) < 60_000);
  const again = made("asyncMessaging.orders");
  assert.notEqual(Object(again.metadata).MessageId, MessageId);
});

Deno.test("makeEvent() makes a run of the task, in the namespace, with an id", () => {
  const { taskName, namespace, runId, payload } = made("scheduledTask.nightly");
  assert.deepEqual([taskName, namespace], ["nightly", "mygame"]);
  assert.match(String(runId), /^[\da-f]{32}$/);
  assert.deepEqual(JSON.parse(String(payload)), { sample: "value" });
});

Deno.test("makeEvent() sets fields of messages and runs", () => {
  const message = made("asyncMessaging.orders", {
    sets: ["body=a=b, c", "metadata.PlayerId=p-1"],
  });
  assert.equal(message.body, "a=b, c");
  assert.equal(Object(message.metadata).PlayerId, "p-1");
  const run = made("scheduledTask.x", { sets: ["payload=7"] });
  assert.equal(run.payload, "7");
});

Deno.test("makeEvent() takes a file's message, names it, and gives each of many an id", () => {
  const json = { body: "x", metadata: { MessageId: "m", PlayerId: "p" } };
  const one = made("asyncMessaging.orders", { json });
  assert.deepEqual(one, { topic: "orders", ...json });
  const { metadata } = made("asyncMessaging.orders", {
    json,
    isOneOfMany: true,
  });
  const { MessageId, ...rest } = Object(metadata);
  assert.match(MessageId, /^[\da-f]{32}$/);
  assert.deepEqual(rest, { PlayerId: "p" });
  const task = { run_id: "r", task_name: "other" };
  assert.equal(made("scheduledTask.x", { json: task }).runId, "r");
  const run = made("scheduledTask.x", { json: task, isOneOfMany: true });
  assert.match(String(run.runId), /^[\da-f]{32}$/);
  assert.equal(run.taskName, "x");
});

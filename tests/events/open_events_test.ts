import assert from "node:assert/strict";
import { join } from "node:path";
import type { Outcome } from "../../lib/core/outcome.ts";
import { loadOpenEvents, OPEN_CHANNELS } from "../../lib/events/open_events.ts";
import { ProtoFileError } from "../../lib/events/proto_files.ts";
import { readResponse } from "../messaging/_service.ts";
import { makeFolder, PROTO_FOLDER } from "../grpc/_fixture.ts";

const CONSUMER =
  "accelbyte-asyncapi/extend/async_messaging/consumer_service.proto";
const TASKS =
  "accelbyte-asyncapi/extend/task_scheduler/v1/task_scheduler.proto";

Deno.test("loadOpenEvents() reads the files of the channels that have a handler, and no others", () => {
  assert.deepEqual(OPEN_CHANNELS, ["asyncMessaging", "scheduledTask"]);
  const read = (...types: readonly string[]) => [
    ...loadOpenEvents(PROTO_FOLDER, types).files.files.keys(),
  ];
  assert.deepEqual(read("userAuthentication.userLoggedIn"), []);
  assert.deepEqual(read("asyncMessaging.a", "asyncMessaging.b"), [
    CONSUMER,
    "google/protobuf/empty.proto",
  ]);
  assert.deepEqual(read("scheduledTask.*"), [
    TASKS,
    "google/protobuf/timestamp.proto",
  ]);
});

Deno.test("loadOpenEvents() takes AGS's own file of the consumer, with its option", () => {
  using folder = makeFolder({
    [CONSUMER]: `syntax = "proto3";
      package accelbyte.extend.async_messaging;
      import "google/protobuf/empty.proto";
      import "google/protobuf/descriptor.proto";
      extend google.protobuf.MethodOptions { string topics_subscription = 50001; }
      message ReceivedMessage {
        string body = 1; string topic = 2; map<string, string> metadata = 3;
      }
      service AsyncMessagingConsumerService {
        rpc OnMessage(ReceivedMessage) returns (google.protobuf.Empty) {
          option (topics_subscription) = "TopicA, TopicB";
        };
      }`,
  });
  const { events } = loadOpenEvents(folder.path, ["asyncMessaging.TopicA"]);
  assert.deepEqual(events.map(({ path }) => path), [
    "/accelbyte.extend.async_messaging.AsyncMessagingConsumerService/OnMessage",
  ]);
});

for (
  const [what, from, to] of [
    ["lacks a field", "string result_data = 3;", ""],
    ["has another type", "int32 http_status_code", "bool http_status_code"],
  ] as const
) {
  Deno.test(`loadOpenEvents() refuses a file whose answer ${what}`, () => {
    const text = Deno.readTextFileSync(join(PROTO_FOLDER, TASKS));
    assert.ok(text.includes(from));
    using folder = makeFolder({ [TASKS]: text.replace(from, to) });
    assert.throws(
      () => loadOpenEvents(folder.path, ["scheduledTask.x"]),
      (error: unknown) =>
        error instanceof ProtoFileError &&
        error.message.startsWith(
          `${TASKS}: Service "accelbyte.extend.task_scheduler.v1.ScheduledTaskHandler" has an unexpected answer type: `,
        ),
    );
  });
}

Deno.test("a run that was done before is answered as successful, one that is given up is not", () => {
  const [event] = loadOpenEvents(PROTO_FOLDER, ["scheduledTask.x"]).events;
  const answer = (outcome: Outcome) =>
    readResponse(event!.answers!.without({ outcome, reason: "duplicate" }));
  const none = { resultData: "" };
  for (const outcome of ["duplicate", "skipped"] as const) {
    assert.deepEqual(answer(outcome), {
      ...none,
      success: true,
      message: outcome,
      httpStatusCode: 200,
    });
  }
  for (const outcome of ["rejected", "exhausted"] as const) {
    assert.deepEqual(answer(outcome), {
      ...none,
      success: false,
      message: outcome,
      httpStatusCode: 400,
    });
  }
});

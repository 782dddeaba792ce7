import assert from "node:assert/strict";
import type { Event, ScheduledTaskResult } from "../../mod.ts";
import { on, RetryableError, TerminalError } from "../../mod.ts";
import { checkHealth, reflect } from "../grpc/_clients.ts";
import { call } from "../grpc/_grpc.ts";
import {
  readResponse,
  RUN_TASK,
  runBytes,
  runTask,
  serveHandlers,
} from "./_service.ts";

const SERVICE = "accelbyte.extend.task_scheduler.v1.ScheduledTaskHandler";

Deno.test("a run goes to the handler of its task, its run id being the event's", async () => {
  const seen: Event[] = [];
  await using running = await serveHandlers([
    on("scheduledTask.nightly", (event) => void seen.push(event)),
  ]);
  const { status, answer } = await runTask(running, { payload: '{"a":1}' });
  assert.equal(status, "OK");
  assert.deepEqual(answer, {
    success: true,
    message: "",
    resultData: "",
    httpStatusCode: 200,
  });
  assert.deepEqual(seen, [{
    type: "scheduledTask.nightly",
    id: "run-1",
    source: "accelbyte.extend.task_scheduler.v1",
    time: "2026-01-02T03:04:05Z",
    namespace: "test-namespace",
    data: {
      runId: "run-1",
      taskId: "task-1",
      namespace: "test-namespace",
      taskName: "nightly",
      scheduledTime: "2026-01-02T03:04:05Z",
      attemptNumber: 2,
      payload: '{"a":1}',
    },
  }]);
});

Deno.test("what the handler of a task returns is the answer", async () => {
  let result: ScheduledTaskResult = {};
  await using running = await serveHandlers([
    on("scheduledTask.*", async () => {
      await Promise.resolve();
      return result;
    }),
  ]);
  const answered = async (given: ScheduledTaskResult) => {
    result = given;
    return (await runTask(running)).answer;
  };
  const whole = {
    success: false,
    message: "größer",
    resultData: '{"n":1}',
    httpStatusCode: 404,
  };
  assert.deepEqual(await answered(whole), whole);
  assert.deepEqual(await answered({ resultData: "r" }), {
    success: true,
    message: "",
    resultData: "r",
    httpStatusCode: 200,
  });
  assert.deepEqual(await answered({ success: false }), {
    success: false,
    message: "",
    resultData: "",
    httpStatusCode: 500,
  });
});

Deno.test("a return value of another shape is the handler's bug, not half an answer", async () => {
  const wrong: unknown[] = [
    "done",
    5,
    null,
    ["x"],
    { success: "yes" },
    { message: 5 },
    { resultData: { a: 1 } },
    { httpStatusCode: 1.5 },
    { httpStatusCode: "200" },
  ];
  let value: unknown;
  await using running = await serveHandlers([
    // As plain JavaScript would have it.
    on("scheduledTask.*", () => value as ScheduledTaskResult),
  ]);
  for (value of wrong) {
    const { status, answer } = await runTask(running);
    assert.equal(status, "INTERNAL", JSON.stringify(value));
    assert.equal(answer, undefined);
  }
  const outcomes = running.log.lines.map(({ fields }) => fields["reason"]);
  assert.deepEqual(outcomes, wrong.map(() => "bug"));
});

Deno.test("a run that is not handled is answered with the outcome, or refused", async () => {
  await using running = await serveHandlers([
    on("scheduledTask.filtered", () => assert.fail("handled"), {
      filter: () => false,
    }),
    on("scheduledTask.terminal", () => {
      throw new TerminalError("no");
    }),
    on("scheduledTask.retryable", () => {
      throw new RetryableError("later");
    }),
  ]);
  const skipped = {
    success: true,
    message: "skipped",
    resultData: "",
    httpStatusCode: 200,
  };
  const run = (taskName: string, namespace = "test-namespace") =>
    runTask(running, { taskName, namespace });
  assert.deepEqual(await run("filtered"), { status: "OK", answer: skipped });
  assert.deepEqual(await run("terminal", "somebody-elses"), {
    status: "OK",
    answer: skipped,
  });
  assert.equal((await run("terminal")).status, "INVALID_ARGUMENT");
  assert.equal((await run("retryable")).status, "UNAVAILABLE");
  assert.equal((await run("other")).status, "FAILED_PRECONDITION");
  assert.equal((await run("")).status, "INVALID_ARGUMENT");
});

Deno.test("ON_REJECT=ack answers a run that can not work: as not successful", async () => {
  await using running = await serveHandlers([
    on("scheduledTask.nightly", () => {
      throw new TerminalError("secret details");
    }),
  ], { onReject: "ack" });
  const refused = {
    status: "OK",
    answer: {
      success: false,
      message: "rejected",
      resultData: "",
      httpStatusCode: 400,
    },
  };
  assert.deepEqual(await runTask(running), refused);
  assert.deepEqual(await runTask(running, { taskName: "other" }), refused);
  const { status, bytes } = await call(
    running.channel.client,
    RUN_TASK,
    new Uint8Array([0x0a, 0xff]),
  );
  assert.equal(status, "OK");
  assert.deepEqual(readResponse(bytes!), refused.answer);
});

Deno.test("a run without an id is known by what it says", async () => {
  const ids: string[] = [];
  await using running = await serveHandlers([
    on("scheduledTask.*", (event) => void ids.push(event.id)),
  ]);
  await runTask(running, { runId: "" });
  await runTask(running, { runId: "" });
  await runTask(running, { runId: "", payload: "x" });
  assert.match(ids[0] ?? "", /^sha256-/);
  assert.equal(ids[1], ids[0]);
  assert.notEqual(ids[2], ids[0]);
});

Deno.test("a run that its caller gives up ends the handler", async () => {
  const ended = Promise.withResolvers<unknown>();
  await using running = await serveHandlers([
    on(
      "scheduledTask.*",
      (_event, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            ended.resolve(signal.reason);
            reject(signal.reason);
          });
          cancel();
        }),
    ),
  ]);
  let cancel = () => {};

  const { status } = await call(
    running.channel.client,
    RUN_TASK,
    runBytes(),
    { onCall: (under) => cancel = () => under.cancel() },
  );
  assert.equal(status, "CANCELLED");
  assert.match(String(await ended.promise), /CancelledError/);
});

Deno.test("reflection and health know the task handler", async () => {
  await using running = await serveHandlers([on("scheduledTask.x", () => {})]);
  assert.equal(await checkHealth(running.channel.client, SERVICE), "SERVING");
  const talk = reflect(running.channel.client, "v1alpha");
  const { list_services_response } = await talk.ask({ list_services: "*" });
  talk.end();
  await talk.ended;
  const names = list_services_response?.service.map(({ name }) => name);
  assert.ok(names?.includes(SERVICE));
});

import assert from "node:assert/strict";
import type { Delivery } from "../../lib/core/dispatcher.ts";
import { TerminalError } from "../../lib/core/errors.ts";
import {
  DRAINING,
  DUPLICATES,
  HANDLED,
  OVERLOADED,
  type Result,
  SKIPPED,
} from "../../lib/core/outcome.ts";
import { Payload } from "../../lib/core/payload.ts";
import { observe } from "../../lib/middleware/observe.ts";
import { testDelivery, testEvent } from "../_support/delivery.ts";
import { type LogLine, recordLog } from "../_support/log.ts";

/** The one line that an event with this result leaves, and its duration. */
async function observed(
  result: Result,
  overrides: Partial<Delivery> = {},
): Promise<{ readonly line: LogLine; readonly durationMs: unknown }> {
  const log = recordLog();
  const delivery = testDelivery(overrides);
  const answer = await observe({ log })(
    delivery,
    () => Promise.resolve(result),
  );
  assert.equal(answer, result);
  assert.equal(log.lines.length, 1);
  const [line] = log.lines;
  assert.ok(line !== undefined);
  const { durationMs, ...fields } = line.fields;
  return { line: { ...line, fields }, durationMs };
}

const error = new Error("boom");

const CASES: readonly (readonly [
  level: LogLine["level"],
  result: Result,
  extra: Readonly<Record<string, unknown>>,
])[] = [
  ["info", HANDLED, {}],
  ["info", SKIPPED, {}],
  ["info", { outcome: "duplicate", reason: "duplicate" }, {}],
  ["info", DUPLICATES.done, { why: "This id was handled before" }],
  ["warn", OVERLOADED, {}],
  ["warn", { outcome: "cancelled", reason: "cancelled", error }, { error }],
  ["warn", DRAINING, { reason: "draining", error: DRAINING.error }],
  ["warn", { outcome: "failed", reason: "unavailable", error }, {
    reason: "unavailable",
    error,
  }],
  ["warn", { outcome: "failed", reason: "deadline", error }, {
    reason: "deadline",
    error,
  }],
  ["error", { outcome: "failed", reason: "bug", error, errorId: "e-1" }, {
    reason: "bug",
    error,
    errorId: "e-1",
  }],
  ["error", { outcome: "rejected", reason: "bad_event", error }, {
    reason: "bad_event",
    error,
  }],
  ["error", { outcome: "rejected", reason: "bad_state", error }, {
    reason: "bad_state",
    error,
  }],
  ["error", { outcome: "exhausted", reason: "exhausted", error }, { error }],
];

for (const [level, result, extra] of CASES) {
  Deno.test(`observe() logs one line at ${level} for ${result.outcome} (${result.reason})`, async () => {
    const { line, durationMs } = await observed(result, { isRun: true });
    assert.deepEqual(line, {
      level,
      message: `Event ${result.outcome}`,
      fields: {
        eventType: "userAuthentication.userLoggedIn",
        eventId: "event-1",
        source: "test",
        outcome: result.outcome,
        attempt: 1,
        ...extra,
      },
    });
    assert.ok(typeof durationMs === "number" && durationMs >= 0);
  });
}

Deno.test("observe() logs no payload and no user", async () => {
  const { line } = await observed(
    { outcome: "rejected", reason: "bad_event", error: new TerminalError("x") },
    {
      event: testEvent({
        subject: "user-1",
        namespace: "other",
        data: { userId: "user-1", payload: { emailAddress: "a@b.c" } },
      }),
    },
  );
  assert.doesNotMatch(JSON.stringify(line), /user-1|a@b\.c|payload/);
});

Deno.test("observe() logs the attempt that inner middleware found", async () => {
  const log = recordLog();
  await observe({ log })(testDelivery(), (delivery) => {
    delivery.attempt = 3;
    delivery.isRun = true;
    return Promise.resolve(HANDLED);
  });
  assert.equal(log.lines[0]?.fields.attempt, 3);
});

Deno.test("observe() logs no attempt of an event that was not run", async () => {
  const { line } = await observed(SKIPPED);
  assert.ok(!("attempt" in line.fields));
});

for (
  const claim of ["held", "done", "dead_letter", "shared", "unknown"] as const
) {
  Deno.test(`observe() logs that the claim of an event was ${claim}`, async () => {
    const { line } = await observed(OVERLOADED, { claim });
    assert.equal(line.fields.claim, claim);
  });
}

Deno.test("observe() logs a replay as one, and of a usual delivery neither that nor its claim", async () => {
  const replay = await observed(HANDLED, { isReplay: true, claim: "claimed" });
  assert.equal(replay.line.fields.replay, true);
  const usual = await observed(HANDLED, { claim: "claimed" });
  assert.ok(!("replay" in usual.line.fields));
  assert.ok(!("claim" in usual.line.fields));
});

Deno.test("observe() logs the payload at debug as the event arrives, when told to", async () => {
  const log = recordLog();
  const data = { userId: "user-1", payload: { emailAddress: "a@b.c" } };
  await observe({ log, logsPayloads: true })(
    testDelivery({ event: testEvent({ data }) }),
    () => Promise.resolve(HANDLED),
  );
  assert.equal(log.lines.length, 2);
  const payload = log.lines[0]?.fields.data;
  assert.ok(payload instanceof Payload);
  assert.equal(payload.reveal(), data);
  assert.deepEqual(log.lines[0], {
    level: "debug",
    message: "Event received",
    fields: {
      eventType: "userAuthentication.userLoggedIn",
      eventId: "event-1",
      source: "test",
      data: payload,
    },
  });
});

Deno.test("observe() logs a policy that throws as the bug it is, with the id that the peer gets", async () => {
  const log = recordLog();
  const result = await observe({ log })(
    testDelivery(),
    () => Promise.reject(error),
  );
  assert.deepEqual([result.outcome, result.reason], ["failed", "bug"]);
  assert.equal(log.lines[0]?.level, "error");
  assert.equal(log.lines[0]?.fields.errorId, result.errorId);
  assert.equal(log.lines[0]?.fields.error, error);
});

Deno.test("observe() logs the trace that inner middleware found", async () => {
  const log = recordLog();
  await observe({ log })(testDelivery(), (delivery) => {
    delivery.traceId = "463ac35c9f6413ad48485a3953bb6124";
    return Promise.resolve(HANDLED);
  });
  assert.equal(
    log.lines[0]?.fields.traceID,
    "463ac35c9f6413ad48485a3953bb6124",
  );
});

Deno.test("observe() logs at the end, not before", async () => {
  const log = recordLog();
  const end = Promise.withResolvers<Result>();
  const result = observe({ log })(testDelivery(), () => end.promise);
  assert.equal(log.lines.length, 0);
  end.resolve(HANDLED);
  await result;
  assert.equal(log.lines.length, 1);
});

Deno.test("observe() tells of an event that has ended, and of the time that it took", async () => {
  const ended: unknown[] = [];
  const delivery = testDelivery();
  await observe({
    log: recordLog(),
    onEnded: (...told) => ended.push(told),
  })(delivery, () => {
    assert.deepEqual(ended, []);
    return Promise.resolve(SKIPPED);
  });
  const [[first, result, time]] = ended as [
    [Delivery, Result, { readonly milliseconds: number }],
  ];
  assert.equal(ended.length, 1);
  assert.equal(first, delivery);
  assert.equal(result, SKIPPED);
  assert.ok(time.milliseconds >= 0);
});

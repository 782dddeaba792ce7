import assert from "node:assert/strict";
import {
  CancelledError,
  DeadlineError,
  EventError,
  ShutdownError,
} from "../../lib/core/errors.ts";
import { endedResult, resultOf } from "../../lib/core/outcome.ts";

const live = new AbortController().signal;

Deno.test("resultOf() believes what any event error says of itself", () => {
  const cases = [
    [{ retryable: true }, "failed", "unavailable"],
    [{ retryable: false }, "rejected", "bad_event"],
    [{ retryable: false, fault: "event" }, "rejected", "bad_event"],
    [{ retryable: false, fault: "state" }, "rejected", "bad_state"],
    [{ retryable: true, fault: "state" }, "failed", "unavailable"],
  ] as const;
  for (const [options, outcome, reason] of cases) {
    const error = new EventError("what happened", options);
    assert.deepEqual(resultOf(error, live), { outcome, reason, error });
  }
});

Deno.test("resultOf() prefers the signal's reason to an error that can be retried", () => {
  const signal = AbortSignal.abort(new DeadlineError("late"));
  const error = new EventError("AGS did not answer", { retryable: true });
  assert.deepEqual(resultOf(error, signal), {
    outcome: "failed",
    reason: "deadline",
    error,
  });
});

Deno.test("endedResult() gives each reason its result, with the reason as the error", () => {
  const cases = [
    [new DeadlineError("late"), "failed", "deadline"],
    [new CancelledError("gone"), "cancelled", "cancelled"],
    [new ShutdownError("stopping"), "failed", "unavailable"],
    [undefined, "failed", "unavailable"],
  ] as const;
  for (const [error, outcome, reason] of cases) {
    assert.deepEqual(endedResult(error), { outcome, reason, error });
  }
});

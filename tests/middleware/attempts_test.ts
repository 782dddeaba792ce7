import assert from "node:assert/strict";
import {
  CancelledError,
  RetryableError,
  ShutdownError,
} from "../../lib/core/errors.ts";
import { ClaimError, StoreError } from "../../lib/core/idempotency_store.ts";
import type { Result } from "../../lib/core/outcome.ts";
import { countFailure, type FailedRun } from "../../lib/middleware/attempts.ts";

const NOW = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function counts(
  result: Result,
  rest: Partial<FailedRun> & { readonly countedAt?: number } = {},
): boolean {
  const { countedAt = 0, ...run } = rest;
  const tally = { failures: 2, countedAt };
  const after = countFailure({
    result,
    endedBy: undefined,
    tally,
    lastHandledAt: 0,
    now: NOW,
    ...run,
  });
  if (after === tally) return false;
  assert.deepEqual(after, { failures: 3, countedAt: NOW });
  return true;
}

const BUG: Result = { outcome: "failed", reason: "bug" };
const DOWN: Result = { outcome: "failed", reason: "unavailable" };
const LATE: Result = { outcome: "failed", reason: "deadline" };

Deno.test("A bug counts each time", () => {
  assert.ok(counts(BUG, { countedAt: NOW }));
});

Deno.test("A message that is not read counts each time: waiting changes nothing", () => {
  for (const reason of ["too_large", "unreadable"] as const) {
    assert.ok(counts({ outcome: "failed", reason }, { countedAt: NOW }));
  }
});

for (const result of [DOWN, LATE]) {
  Deno.test(`${result.reason} counts once an hour while nothing of its type is handled`, () => {
    assert.ok(counts(result));
    assert.ok(!counts(result, { countedAt: NOW - HOUR + 1 }));
    assert.ok(counts(result, { countedAt: NOW - HOUR }));
    const lastHandledAt = NOW - 2 * MINUTE;
    const countedAt = lastHandledAt;
    assert.ok(!counts(result, { countedAt, lastHandledAt }));
  });

  Deno.test(`${result.reason} counts once a minute while others of its type are handled`, () => {
    const lastHandledAt = NOW - 1;
    assert.ok(!counts(result, { countedAt: NOW - MINUTE + 1, lastHandledAt }));
    assert.ok(counts(result, { countedAt: NOW - MINUTE, lastHandledAt }));
  });
}

Deno.test("an outage counts once an hour, whatever else of its type is handled", () => {
  const error = new RetryableError("no permission", { isOutage: true });
  const lastHandledAt = NOW - 1;
  const countedAt = NOW - HOUR;
  const result = { ...DOWN, error };
  assert.ok(!counts(result, { countedAt: countedAt + 1, lastHandledAt }));
  assert.ok(counts(result, { countedAt, lastHandledAt }));
});

Deno.test("What says nothing of the event does not count", () => {
  for (
    const error of [
      new ShutdownError("down"),
      new StoreError("silent"),
      new ClaimError("lost"),
    ]
  ) {
    assert.ok(!counts({ ...DOWN, error }));
    assert.ok(
      !counts({ ...DOWN, error: new Error("aborted") }, {
        endedBy: error,
      }),
    );
  }
  assert.ok(counts({ ...DOWN, error: new RetryableError("later") }));
  const others: readonly Result[] = [
    {
      outcome: "cancelled",
      reason: "cancelled",
      error: new CancelledError("gone"),
    },
    { outcome: "overloaded", reason: "overloaded" },
    { outcome: "failed", reason: "draining" },
  ];
  for (const result of others) assert.ok(!counts(result), result.reason);
});

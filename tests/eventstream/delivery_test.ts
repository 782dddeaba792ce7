import assert from "node:assert/strict";
import { RetryableError, TerminalError } from "../../lib/core/errors.ts";
import {
  DRAINING,
  HANDLED,
  type Outcome,
  type Result,
  SKIPPED,
} from "../../lib/core/outcome.ts";
import type { DeadLetter } from "../../lib/eventstream/dead_letter.ts";
import {
  deliver,
  type DeliverOptions,
  type RecordWork,
} from "../../lib/eventstream/delivery.ts";
import { DecodingError } from "../../lib/eventstream/errors.ts";
import { safeObserver } from "../../lib/eventstream/observer.ts";
import type { RecordOutcome } from "../../lib/eventstream/observer.ts";
import { fakeTime } from "../_support/fake_time.ts";
import { type RecordingLogger, recordLog } from "../_support/log.ts";
import { recordAt } from "./_records.ts";

const RECORD = recordAt(0);

interface Run {
  readonly outcome: RecordOutcome | Promise<RecordOutcome>;
  /** Attempt numbers of the callback's calls. */
  readonly calls: number[];
  readonly letters: DeadLetter[];
  /** Delays before the next attempt, as observed. */
  readonly delays: number[];
  readonly stop: AbortController;
  readonly log: RecordingLogger;
}

function run(
  work: (attempt: number) => ReturnType<RecordWork>,
  options: Partial<DeliverOptions> = {},
): Run {
  const calls: number[] = [];
  const letters: DeadLetter[] = [];
  const delays: number[] = [];
  const stop = new AbortController();
  const log = recordLog();
  const outcome = deliver(RECORD, stop.signal, {
    groupId: "g",
    work(_record, { attempt }) {
      calls.push(attempt);
      return work(attempt);
    },
    retry: { maxAttempts: 4, baseDelay: 100, maxDelay: 300 },
    deadLetter: (letter) => Promise.resolve(void letters.push(letter)),
    observer: safeObserver({ retried: ({ delay }) => void delays.push(delay) }),
    log,
    signal: new AbortController().signal,
    ...options,
  });
  return { outcome, calls, letters, delays, stop, log };
}

function resultOf(outcome: Outcome, error?: unknown): Result {
  return { outcome, reason: "unavailable", error };
}

function fail(error: unknown): () => never {
  return () => {
    throw error;
  };
}

Deno.test("a record whose work is done is handled or skipped", async () => {
  assert.equal(await run(() => HANDLED).outcome, "handled");
  const skipped = Promise.resolve(SKIPPED);
  assert.equal(await run(() => skipped).outcome, "skipped");
});

Deno.test("a result says whether its record is committed: what it says is not said again", async () => {
  for (const outcome of ["duplicate", "rejected", "exhausted"] as const) {
    const { outcome: ended, letters, log } = run(() => resultOf(outcome));
    assert.equal(await ended, "handled", outcome);
    assert.deepEqual([letters, log.lines], [[], []]);
  }
  for (const outcome of ["failed", "overloaded", "cancelled"] as const) {
    using time = fakeTime();
    const { outcome: ended, calls, log } = run((attempt) =>
      attempt < 3 ? Promise.resolve(resultOf(outcome)) : HANDLED
    );
    await time.advance(1_000);
    assert.equal(await ended, "handled");
    assert.deepEqual(calls, [1, 2, 3], outcome);
    for (const { fields } of log.lines) {
      assert.equal(fields.outcome, outcome);
      assert.ok(!Object.hasOwn(fields, "error"));
    }
  }
});

Deno.test("a result says when its record is delivered again", async () => {
  using time = fakeTime();
  const error = new RetryableError("Busy", { retryAfter: 5_000 });
  const { calls, stop, outcome } = run(() => resultOf("failed", error));
  await time.advance(4_999);
  assert.deepEqual(calls, [1]);
  await time.advance(1);
  assert.deepEqual(calls, [1, 2]);
  stop.abort();
  assert.equal(await outcome, "revoked");
});

Deno.test("a record that an app which drains does not take is left to the next reader", async () => {
  const { outcome, calls, delays } = run(() => DRAINING);
  assert.equal(await outcome, "revoked");
  assert.deepEqual([calls, delays], [[1], []]);
});

Deno.test("a record that fails is tried again after growing delays, then is dead", async () => {
  using time = fakeTime();
  const error = new Error("Again");
  const { outcome, calls, letters, delays } = run(fail(error));
  await time.advance(1_000);
  assert.equal(await outcome, "dead");
  assert.deepEqual(calls, [1, 2, 3, 4]);
  assert.deepEqual(letters, [
    { record: RECORD, groupId: "g", reason: "exhausted", attempts: 4, error },
  ]);
  const bounds = [100, 200, 300];
  assert.equal(delays.length, 3);
  for (const [index, delay] of delays.entries()) {
    const bound = bounds[index] ?? 0;
    assert.ok(delay <= bound && delay >= bound / 2, `${delay} of ${bound}`);
  }
});

Deno.test("a record that failed once is handled the next time", async () => {
  using time = fakeTime();
  const { outcome, letters } = run((attempt) =>
    attempt === 1 ? fail(new Error("Once"))() : HANDLED
  );
  await time.advance(100);
  assert.equal(await outcome, "handled");
  assert.deepEqual(letters, []);
});

Deno.test("who knows when to come again is waited for", async () => {
  using time = fakeTime();
  const error = new RetryableError("Busy", { retryAfter: 5_000 });
  const { calls, stop, outcome } = run(fail(error));
  await time.advance(4_999);
  assert.deepEqual(calls, [1]);
  await time.advance(1);
  assert.deepEqual(calls, [1, 2]);
  stop.abort();
  assert.equal(await outcome, "revoked");
});

Deno.test("a record that can never work is dead at once", async () => {
  const { outcome, calls, letters } = run(fail(new TerminalError("Never")));
  assert.equal(await outcome, "dead");
  assert.deepEqual(calls, [1]);
  assert.equal(letters[0]?.reason, "rejected");
});

Deno.test("a record that is no event is dead at once, at most once too", async () => {
  for (const options of [{}, { retry: undefined }]) {
    const { outcome, letters } = run(fail(new DecodingError("No")), options);
    assert.equal(await outcome, "dead");
    assert.equal(letters[0]?.reason, "undecodable");
  }
});

Deno.test("at most once, a record that fails is dropped", async () => {
  const options = { retry: undefined };
  const { outcome, calls, letters } = run(fail(new Error("Lost")), options);
  assert.equal(await outcome, "dropped");
  assert.deepEqual([calls.length, letters.length], [1, 0]);
});

Deno.test("a record that goes to another is not tried again", async () => {
  using time = fakeTime();
  const { outcome, calls, stop } = run(fail(new Error("Again")));
  await time.advance(0);
  stop.abort();
  assert.equal(await outcome, "revoked");
  assert.equal(time.pending, 0);
  assert.deepEqual(calls, [1]);
});

Deno.test("a dead letter is written again until it is kept", async () => {
  using time = fakeTime();
  let writes = 0;
  const { outcome } = run(fail(new TerminalError("Never")), {
    deadLetter: () =>
      ++writes < 4 ? Promise.reject(new Error("Full")) : Promise.resolve(),
  });
  await time.advance(60_000);
  assert.equal(await outcome, "dead");
  assert.equal(writes, 4);
});

Deno.test("a record whose dead letter is not kept is not done with", async () => {
  using time = fakeTime();
  const { outcome, stop } = run(fail(new TerminalError("Never")), {
    deadLetter: () => Promise.reject(new Error("Full")),
  });
  await time.advance(60_000);
  stop.abort();
  assert.equal(await outcome, "revoked");
});

Deno.test("a wait of an hour, or of no end, that is asked for is a minute: what follows waits no longer", async () => {
  for (const retryAfter of [3_600_000, 999_999_999_000, Infinity]) {
    using time = fakeTime();
    const { outcome, delays, stop } = run(
      fail(new RetryableError("Later", { retryAfter })),
    );
    await time.advance(0);
    assert.deepEqual(delays, [60_000]);
    stop.abort();
    assert.equal(await outcome, "revoked");
  }
});

import assert from "node:assert/strict";
import type { DeadLetter, DeadLetterSink } from "../../lib/core/dead_letter.ts";
import { RetryableError, TerminalError } from "../../lib/core/errors.ts";
import { HANDLED, OVERLOADED, type Result } from "../../lib/core/outcome.ts";
import { deadLetter } from "../../lib/middleware/dead_letter.ts";
import { testDelivery } from "../_support/delivery.ts";

interface Kept extends DeadLetterSink {
  readonly letters: readonly DeadLetter[];
}

function keep(fail?: Error): Kept {
  const letters: DeadLetter[] = [];
  return {
    letters,
    write(letter) {
      if (fail !== undefined) return Promise.reject(fail);
      letters.push(letter);
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

const error = new TerminalError("Item is gone", { fault: "state" });
const REJECTED: Result = { outcome: "rejected", reason: "bad_state", error };
const EXHAUSTED: Result = { outcome: "exhausted", reason: "exhausted", error };

for (const result of [REJECTED, EXHAUSTED]) {
  Deno.test(`An event that is ${result.outcome} is kept before it is answered`, async () => {
    const sink = keep();
    const seen: unknown[] = [];
    const delivery = testDelivery({
      bytes: Uint8Array.of(7),
      attempt: 3,
      firstAt: 100,
    });
    const answer = await deadLetter({
      sink,
      now: () => 200,
      onLetter: (...told) => seen.push(told),
    })(delivery, () => Promise.resolve(result));
    assert.equal(answer, result);
    assert.deepEqual(sink.letters, [{
      event: delivery.event,
      bytes: Uint8Array.of(7),
      source: "test",
      outcome: result.outcome,
      reason: result.reason,
      error,
      errorId: undefined,
      attempts: result === EXHAUSTED ? 2 : 3,
      firstTime: 100,
      lastTime: 200,
    }]);
    assert.deepEqual(seen, [[result.outcome, "written"]]);
  });
}

const RETRIED: Result = {
  outcome: "failed",
  reason: "unavailable",
  error: new RetryableError("later"),
};
for (const result of [HANDLED, RETRIED, OVERLOADED]) {
  Deno.test(`An event that is ${result.outcome} is no dead letter`, async () => {
    const sink = keep();
    const pipe = deadLetter({ sink });
    assert.equal(
      await pipe(testDelivery(), () => Promise.resolve(result)),
      result,
    );
    assert.deepEqual(sink.letters, []);
  });
}

Deno.test("An event whose letter cannot be kept has failed, and comes again", async () => {
  const cause = new Error("No space left on device");
  const seen: unknown[] = [];
  const answer = await deadLetter({
    sink: keep(cause),
    onLetter: (...told) => seen.push(told),
  })(testDelivery(), () => Promise.resolve(REJECTED));
  assert.equal(answer.outcome, "failed");
  assert.equal(answer.reason, "unavailable");
  assert.ok(answer.error instanceof RetryableError);
  assert.equal(answer.error.cause, cause);
  assert.deepEqual(seen, [["rejected", "failed"]]);
});

Deno.test("A letter is kept although the event's own time is up", async () => {
  const sink = keep();
  const delivery = testDelivery();
  delivery.controller.abort(new Error("time is up"));
  await deadLetter({ sink })(delivery, () => Promise.resolve(REJECTED));
  assert.equal(sink.letters.length, 1);
});

Deno.test("A sink that never answers does not hold the event", async () => {
  const sink: DeadLetterSink = {
    write: (_letter, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const answer = await deadLetter({ sink, timeout: 1 })(
    testDelivery(),
    () => Promise.resolve(REJECTED),
  );
  assert.equal(answer.reason, "unavailable");
});

import assert from "node:assert/strict";
import { AgsError, type AgsErrorOptions } from "../../lib/ags/errors.ts";
import {
  createRefusedOperations,
  type RefusedOperation,
} from "../../lib/ags/refused_operations.ts";
import { DeadlineError } from "../../lib/core/errors.ts";

const THRESHOLD = 3;
const COOL_DOWN = 5_000;

function start() {
  let now = 0;
  const counted: RefusedOperation[] = [];
  const told: RefusedOperation[] = [];
  const operations = createRefusedOperations({
    breaker: { threshold: THRESHOLD, coolDown: COOL_DOWN, now: () => now },
    onRefused: (refused) => counted.push(refused),
    onTold: (refused) => told.push(refused),
  });
  return {
    operations,
    counted,
    told,
    pass: (milliseconds: number) => void (now += milliseconds),
    /** Sends a request that ends so. */
    send: (name: string, error?: unknown) => operations.enter(name).end(error),
    /** Why a request is not sent. */
    stopped(name: string): AgsError {
      try {
        operations.enter(name).end(new DeadlineError("Not stopped"));
      } catch (error) {
        assert.ok(error instanceof AgsError);
        return error;
      }
      throw new Error(`${name} is sent: expected it stopped`);
    },
  };
}

function failure(
  status: number | undefined,
  options: Partial<AgsErrorOptions> = {},
): AgsError {
  return new AgsError("AGS said", { status, retryable: true, ...options });
}

const FORBIDDEN = failure(403, { errorCode: 20013, isOutage: true });
const PAGE = failure(404, { isForeign: true });

Deno.test("an operation that is refused several times in a row is not asked for, and the others are", () => {
  for (const error of [FORBIDDEN, PAGE]) {
    const { send, stopped } = start();
    for (let time = 0; time < THRESHOLD; time++) send("POST /a", error);
    const stop = stopped("POST /a");
    assert.equal(
      stop.message,
      "POST /a is paused: it was refused several times in a row, last with: AGS said",
    );
    assert.deepEqual(
      [stop.retryable, stop.isOutage, stop.isUnsent, stop.retryAfter],
      [true, true, true, COOL_DOWN],
    );
    assert.deepEqual(
      [stop.status, stop.errorCode, stop.cause],
      [error.status, error.errorCode, error],
    );
    send("GET /b");
    send("GET /a");
  }
});

Deno.test("after the cool-down one request tries, and opens the way or not", () => {
  const { operations, send, stopped, pass } = start();
  for (let time = 0; time < THRESHOLD; time++) send("POST /a", FORBIDDEN);
  pass(COOL_DOWN);
  const trial = operations.enter("POST /a");
  stopped("POST /a");
  trial.end(FORBIDDEN);
  stopped("POST /a");
  pass(COOL_DOWN);
  send("POST /a");
  send("POST /a", FORBIDDEN);
  send("POST /a", FORBIDDEN);
  send("POST /a");
});

Deno.test("AGS's own word on an event opens the way, too", () => {
  const { send } = start();
  for (let time = 0; time < 10; time++) {
    send("POST /a", FORBIDDEN);
    send("POST /a", FORBIDDEN);
    send("POST /a", failure(404, { errorCode: 30341, retryable: false }));
  }
});

Deno.test("what says nothing of an operation neither counts nor opens the way", () => {
  const { send, stopped, pass, counted } = start();
  const others = [
    failure(undefined),
    failure(401, { isOutage: true }),
    failure(408, { isForeign: true }),
    failure(429, { isForeign: true }),
    failure(502, { isForeign: true }),
    failure(302, { isForeign: true }),
    new DeadlineError("over"),
  ];
  for (const error of others) {
    for (let time = 0; time < 10; time++) send("POST /a", error);
  }
  assert.deepEqual(counted, []);
  for (let time = 0; time < THRESHOLD; time++) send("POST /a", FORBIDDEN);
  pass(COOL_DOWN);
  send("POST /a", new DeadlineError("over"));
  send("POST /a", FORBIDDEN);
  stopped("POST /a");
});

Deno.test("requests under way when the first one is refused count as one each", () => {
  const { operations, stopped, counted } = start();
  const turns = Array.from({ length: 10 }, () => operations.enter("POST /a"));
  for (const turn of turns) turn.end(FORBIDDEN);
  assert.equal(counted.length, 10);
  stopped("POST /a");
});

Deno.test("each refusal is counted, and an operation is told of once a minute", () => {
  const { send, counted, told, pass } = start();
  for (let time = 0; time < 60; time++) {
    send("POST /a", FORBIDDEN);
    pass(COOL_DOWN);
  }
  send("POST /b", PAGE);
  assert.equal(counted.length, 61);
  assert.deepEqual(
    told.map(({ name, by }) => `${by} ${name}`),
    [...Array(5).fill("permission POST /a"), "proxy POST /b"],
  );
});

Deno.test("names without end do not make it remember without end", () => {
  const { send, stopped, told } = start();
  for (let number = 0; number < 1_001; number++) {
    for (let time = 0; time < THRESHOLD; time++) {
      send(`POST /a/${number}`, FORBIDDEN);
    }
  }
  assert.equal(told.length, 1_001);
  send("POST /a/0");
  stopped("POST /a/1");
  stopped("POST /a/1000");
});

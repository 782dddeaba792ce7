import assert from "node:assert/strict";
import type { Fault } from "../../dev/emulator/mod.ts";
import { AgsError } from "../../lib/ags/errors.ts";
import { CancelledError, DeadlineError } from "../../lib/core/errors.ts";
import {
  FULFILLMENT,
  open,
  rejection,
  type Session,
  TOKEN,
  until,
} from "./_client.ts";

const THRESHOLD = 3;
const COOL_DOWN = 5_000;

interface Broken extends AsyncDisposable {
  readonly session: Session;
  /** Moves the breaker's clock. */
  pass(milliseconds: number): void;
}

/** A client that is logged in, with a breaker whose clock stands. */
async function start(options: {
  readonly maxAttempts?: number;
  readonly requestTimeout?: number;
} = {}): Promise<Broken> {
  const { maxAttempts = 1, ...rest } = options;
  let now = 0;
  const session = await open({
    ...rest,
    backoff: { maxAttempts, random: () => 0 },
    breaker: { threshold: THRESHOLD, coolDown: COOL_DOWN, now: () => now },
  });
  await session.client.ready(new AbortController().signal);
  session.emulator.journal.clear();
  return {
    session,
    pass: (milliseconds) => {
      now += milliseconds;
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

/** The same, with AGS down for long enough that the breaker is open. */
async function startOpen(): Promise<Broken> {
  const broken = await start();
  const { session } = broken;
  session.emulator.faults.set([{ kind: "error", status: 503 }]);
  for (let time = 0; time < THRESHOLD; time++) await rejection(session.grant());
  assert.equal(session.client.breaker, "open");
  session.emulator.faults.clear();
  session.emulator.journal.clear();
  return broken;
}

async function refused(promise: Promise<unknown>): Promise<AgsError> {
  const error = await rejection(promise);
  assert.ok(error instanceof AgsError, String(error));
  return error;
}

const OUTAGES: readonly Fault[] = [
  { kind: "error", status: 500 },
  { kind: "html", status: 502 },
  { kind: "reset" },
  { kind: "hang" },
];

for (const fault of OUTAGES) {
  const { kind, ...rest } = fault;
  Deno.test(`the breaker opens when AGS answers ${kind} ${JSON.stringify(rest)} several times in a row`, async () => {
    await using broken = await start({ requestTimeout: 100 });
    const { session } = broken;
    session.emulator.faults.set([fault]);
    for (let time = 1; time < THRESHOLD; time++) {
      await refused(session.grant());
      assert.equal(session.client.breaker, "closed");
    }
    await refused(session.grant());
    assert.equal(session.client.breaker, "open");
  });
}

const ANSWERS: readonly Fault[] = [
  { kind: "error", status: 400 },
  { kind: "error", status: 403 },
  { kind: "error", status: 404 },
  { kind: "error", status: 409, errorCode: 20006 },
  { kind: "tooManyRequests", retryAfter: 0 },
  { kind: "unauthorized", match: { path: FULFILLMENT } },
];

for (const fault of ANSWERS) {
  const { kind, ...rest } = fault;
  Deno.test(`the breaker stays closed while AGS answers ${kind} ${JSON.stringify(rest)}`, async () => {
    await using broken = await start();
    const { session } = broken;
    session.emulator.faults.set([fault]);
    for (let time = 0; time < 3 * THRESHOLD; time++) {
      await refused(session.grant());
    }
    assert.equal(session.client.breaker, "closed");
  });
}

Deno.test("an open breaker fails requests at once, without asking AGS, and says when to come again", async () => {
  await using broken = await startOpen();
  const { session } = broken;
  broken.pass(1_000);
  const errors = await Promise.all(
    Array.from({ length: 50 }, () => refused(session.grant())),
  );
  for (const error of errors) {
    assert.equal(error.retryable, true);
    assert.equal(error.retryAfter, COOL_DOWN - 1_000);
    assert.match(error.message, /^AGS requests are paused/);
  }
  assert.equal(session.emulator.journal.counters.requests, 0);
});

Deno.test("an open breaker fails requests at once, however many attempts they have", async () => {
  await using broken = await start({ maxAttempts: 5 });
  const { session } = broken;
  session.emulator.faults.set([{ kind: "error", status: 503 }]);
  const first = await refused(session.grant());
  assert.equal(first.status, 503, "it is AGS's word that counts");
  assert.equal(session.emulator.journal.counters.requests, THRESHOLD);
  // With time to wait for the breaker, and attempts left to do so.
  await refused(session.grant("u1", { deadline: Date.now() + 3_600_000 }));
  assert.equal(session.emulator.journal.counters.requests, THRESHOLD);
});

Deno.test("a cooled breaker lets one of a hundred requests through, and closes when it is answered", async () => {
  await using broken = await startOpen();
  const { session } = broken;
  broken.pass(COOL_DOWN);
  const grants = await Promise.allSettled(
    Array.from({ length: 100 }, (_, index) => session.grant(`u${index}`)),
  );
  const granted = grants.filter(({ status }) => status === "fulfilled");
  assert.equal(granted.length, 1);
  assert.equal(session.emulator.journal.counters.requests, 1);
  assert.equal(session.client.breaker, "closed");
  await session.grant();
});

Deno.test("a trial that fails opens the breaker again, for as long", async () => {
  await using broken = await startOpen();
  const { session } = broken;
  session.emulator.faults.set([{ kind: "error", status: 503 }]);
  broken.pass(COOL_DOWN);
  await refused(session.grant());
  broken.pass(COOL_DOWN - 1);
  await refused(session.grant());
  assert.equal(session.emulator.journal.counters.requests, 1);
  broken.pass(1);
  await refused(session.grant());
  assert.equal(session.emulator.journal.counters.requests, 2);
});

Deno.test("a trial whose caller goes away leaves the trial to the next request", async () => {
  await using broken = await startOpen();
  const { session } = broken;
  session.emulator.faults.set([{ kind: "hang", times: 1 }]);
  broken.pass(COOL_DOWN);
  const controller = new AbortController();
  const trial = rejection(session.grant("u1", { signal: controller.signal }));
  await until(() => session.seen(FULFILLMENT) === 1);
  assert.equal(session.client.breaker, "half-open");
  await refused(session.grant());
  const reason = new Error("gone");
  controller.abort(reason);
  assert.equal(await trial, reason);
  await session.grant();
  assert.equal(session.client.breaker, "closed");
});

Deno.test("callers that go away do not open the breaker", async () => {
  await using broken = await start();
  const { session } = broken;
  session.emulator.faults.set([{ kind: "hang", times: 20 }]);
  const controller = new AbortController();
  const { signal } = controller;
  const grants = Array.from(
    { length: 20 },
    () => rejection(session.grant("u1", { signal })),
  );
  await until(() => session.seen(FULFILLMENT) === 20);
  controller.abort(new Error("gone"));
  await Promise.all(grants);
  assert.equal(session.client.breaker, "closed");
  await session.grant();
});

Deno.test("logins that fail do not open the breaker", async () => {
  await using session = await open({
    backoff: { maxAttempts: 1 },
    breaker: { threshold: THRESHOLD },
  });
  session.emulator.faults.set([
    { kind: "error", status: 503, match: { path: TOKEN } },
  ]);
  for (let time = 0; time < 3 * THRESHOLD; time++) {
    await refused(session.grant());
  }
  assert.equal(session.client.breaker, "closed");
});

Deno.test("a bad path does not open the breaker", async () => {
  await using broken = await start();
  const { session } = broken;
  for (let time = 0; time < 3 * THRESHOLD; time++) {
    await rejection(session.grant(""));
    await rejection(session.bind().request("GET", "no/slash"));
  }
  assert.equal(session.client.breaker, "closed");
});

for (
  const { reason, state } of [
    { reason: new DeadlineError("over"), state: "open" },
    { reason: new CancelledError("gone"), state: "closed" },
  ]
) {
  Deno.test(`AGS that is silent until a ${reason.name} leaves the breaker ${state}`, async () => {
    await using broken = await start();
    const { session } = broken;
    session.emulator.faults.set([{ kind: "hang" }]);
    const controller = new AbortController();
    const { signal } = controller;
    const requests = Array.from(
      { length: THRESHOLD },
      () => rejection(session.grant("u1", { signal })),
    );
    await until(() => session.seen(FULFILLMENT) === THRESHOLD);
    // What counts as silence, and a little more.
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    controller.abort(reason);
    await Promise.all(requests);
    assert.equal(session.client.breaker, state);
  });
}

import assert from "node:assert/strict";
import type { Fault } from "../../dev/emulator/mod.ts";
import { AgsError } from "../../lib/ags/errors.ts";
import { TerminalError } from "../../lib/core/errors.ts";
import { clientOf, FULFILLMENT, open, rejection, until } from "./_client.ts";
import { deadUrl, serve } from "./_server.ts";
import { skipSleeps } from "./_sleeps.ts";

/** Told apart from every wait of a test here. */
const REQUEST_TIMEOUT = 9_999;

async function refused(promise: Promise<unknown>): Promise<AgsError> {
  const error = await rejection(promise);
  assert.ok(error instanceof AgsError, String(error));
  return error;
}

/** A fault of the grant, not of the login. */
function onGrant<F extends Fault>(fault: F): F {
  return { ...fault, match: { path: FULFILLMENT } };
}

const RETRIED: readonly Fault[] = [
  { kind: "error", status: 408 },
  { kind: "tooManyRequests", format: "none" },
  { kind: "tooManyRequests", retryAfter: 0 },
  { kind: "error", status: 409, errorCode: 20006 },
  { kind: "error", status: 500 },
  { kind: "error", status: 501 },
  { kind: "error", status: 502 },
  { kind: "html", status: 502 },
  { kind: "error", status: 503 },
  { kind: "error", status: 504 },
  { kind: "reset" },
];

for (const fault of RETRIED) {
  const { kind, ...rest } = fault;
  const name = `${kind} ${JSON.stringify(rest)}`;
  Deno.test(`a request is sent again after ${name}`, async () => {
    await using session = await open();
    await session.client.ready(new AbortController().signal);
    session.emulator.faults.set([onGrant({ ...fault, times: 2 })]);
    await session.grant();
    assert.equal(session.seen(FULFILLMENT), 3);
    assert.equal(session.emulator.journal.counters.grants, 1);
  });
}

for (
  const [status, errorCode] of [
    [400, 20018],
    [400, 35123],
    [403, 30341],
    [404, 30341],
    [409, 20007],
    [409, 20000],
    [412, 18180],
    [422, 20002],
  ] as const
) {
  Deno.test(`a request is not sent again after ${status}/${errorCode}`, async () => {
    await using session = await open();
    session.emulator.faults.set([
      onGrant({ kind: "error", status, errorCode }),
    ]);
    const error = await refused(session.grant());
    assert.equal(error.retryable, false);
    assert.equal(error.errorCode, errorCode);
    assert.equal(session.seen(FULFILLMENT), 1);
  });
}

for (const status of [400, 403, 404, 407, 421, 423, 425]) {
  Deno.test(`a page with status ${status} of something before AGS is not AGS's word: the event may come again`, async () => {
    await using session = await open();
    session.emulator.faults.set([onGrant({ kind: "html", status })]);
    const error = await refused(session.grant());
    assert.deepEqual(
      [error.status, error.retryable, error.isForeign, error.isOutage],
      [status, true, true, false],
    );
    assert.equal(session.seen(FULFILLMENT), 1);
  });
}

Deno.test("a missing permission is not the event's fault: it may come again", async () => {
  await using session = await open();
  session.emulator.faults.set([
    onGrant({ kind: "error", status: 403, errorCode: 20013 }),
  ]);
  const error = await refused(session.grant());
  assert.deepEqual([error.retryable, error.isOutage], [true, true]);
  assert.equal(session.seen(FULFILLMENT), 1);
});

for (const status of [429, 503]) {
  Deno.test(`a ${status} with a page beyond what is read is tried again, after its Retry-After`, async () => {
    const page = "x".repeat(1_000_000);
    await using server = serve((request, number) =>
      new URL(request.url).pathname.startsWith("/iam")
        ? Response.json({ access_token: "t", expires_in: 100 })
        : number > 2
        ? Response.json({ done: true })
        : new Response(page, { status, headers: { "retry-after": "7" } })
    );
    using client = clientOf(server.url, { requestTimeout: REQUEST_TIMEOUT });
    const { signal } = new AbortController();
    await client.ready(signal);
    using sleeps = skipSleeps(REQUEST_TIMEOUT);
    const answer = await client.bind({ signal }).request("GET", "/x");
    assert.deepEqual(answer, { done: true });
    assert.deepEqual(sleeps.milliseconds, [7_000]);
  });
}

Deno.test("a request is not sent again after a page in place of JSON, but the event may come again", async () => {
  await using session = await open();
  session.emulator.faults.set([onGrant({ kind: "html", status: 200 })]);
  const error = await refused(session.grant());
  assert.equal(error.retryable, true);
  assert.equal(session.seen(FULFILLMENT), 1);
});

Deno.test("a request is sent five times at most", async () => {
  await using session = await open();
  session.emulator.faults.set([onGrant({ kind: "error", status: 503 })]);
  const error = await refused(session.grant());
  assert.equal(error.status, 503);
  assert.equal(error.retryable, true);
  assert.equal(session.seen(FULFILLMENT), 5);
});

Deno.test("a request is sent as often as told", async () => {
  await using session = await open({ backoff: { maxAttempts: 1 } });
  session.emulator.faults.set([onGrant({ kind: "reset" })]);
  await refused(session.grant());
  assert.equal(session.seen(FULFILLMENT), 1);
});

Deno.test("waits between attempts grow, and jitter spreads them", async () => {
  const randoms = [0.5, 0.1, 0.9, 0.999];
  let next = 0;
  await using session = await open({
    requestTimeout: REQUEST_TIMEOUT,
    backoff: { baseDelay: 100, random: () => randoms[next++] ?? 0 },
  });
  await session.client.ready(new AbortController().signal);
  session.emulator.faults.set([onGrant({ kind: "error", status: 500 })]);
  using sleeps = skipSleeps(REQUEST_TIMEOUT);
  await refused(session.grant());
  assert.deepEqual(sleeps.milliseconds.map(Math.round), [50, 20, 360, 799]);
});

Deno.test("Retry-After in seconds is waited out", async () => {
  await using session = await open({ requestTimeout: REQUEST_TIMEOUT });
  await session.client.ready(new AbortController().signal);
  session.emulator.faults.set([
    onGrant({ kind: "tooManyRequests", retryAfter: 30, times: 1 }),
  ]);
  using sleeps = skipSleeps(REQUEST_TIMEOUT);
  await session.grant();
  assert.deepEqual(sleeps.milliseconds, [30_000]);
});

Deno.test("Retry-After as a date is waited for", async () => {
  await using session = await open({ requestTimeout: REQUEST_TIMEOUT });
  await session.client.ready(new AbortController().signal);
  session.emulator.faults.set([
    onGrant({
      kind: "tooManyRequests",
      retryAfter: 40,
      format: "date",
      times: 1,
    }),
  ]);
  using sleeps = skipSleeps(REQUEST_TIMEOUT);
  await session.grant();
  const [wait = 0] = sleeps.milliseconds;
  assert.ok(wait > 20_000 && wait <= 40_000, String(wait));
});

Deno.test("Retry-After that makes no sense is not waited for", async () => {
  await using server = serve((request, number) =>
    new URL(request.url).pathname.startsWith("/iam")
      ? Response.json({ access_token: "t", expires_in: 100 })
      : number > 2
      ? Response.json({})
      : new Response(null, {
        status: 503,
        headers: { "retry-after": "try 2099" },
      })
  );
  using client = clientOf(server.url);
  const ags = client.bind({
    signal: new AbortController().signal,
    deadline: Date.now() + 60_000,
  });
  await ags.request("GET", "/x");
  assert.equal(server.count, 3);
});

Deno.test("Retry-After beyond the deadline fails at once, and is passed on", async () => {
  await using session = await open({ requestTimeout: REQUEST_TIMEOUT });
  await session.client.ready(new AbortController().signal);
  session.emulator.faults.set([
    onGrant({ kind: "tooManyRequests", retryAfter: 60 }),
  ]);
  using sleeps = skipSleeps(REQUEST_TIMEOUT);
  const deadline = Date.now() + 59_000;
  const error = await refused(session.grant("u1", { deadline }));
  assert.equal(error.status, 429);
  assert.equal(error.retryAfter, 60_000);
  assert.equal(error.retryable, true);
  assert.equal(session.seen(FULFILLMENT), 1);
  assert.deepEqual(sleeps.milliseconds, []);
});

Deno.test("a Retry-After of years is waited for a minute", async () => {
  await using session = await open({ requestTimeout: REQUEST_TIMEOUT });
  await session.client.ready(new AbortController().signal);
  session.emulator.faults.set([
    onGrant({ kind: "tooManyRequests", retryAfter: 999_999_999, times: 1 }),
  ]);
  using sleeps = skipSleeps(REQUEST_TIMEOUT);
  await session.grant();
  assert.deepEqual(sleeps.milliseconds, [60_000]);
});

Deno.test("a request is not sent again once the deadline has passed", async () => {
  await using session = await open();
  session.emulator.faults.set([onGrant({ kind: "error", status: 503 })]);
  await refused(session.grant("u1", { deadline: Date.now() - 1 }));
  assert.equal(session.seen(FULFILLMENT), 1);
});

Deno.test("a server that cannot be reached is tried again", async () => {
  let waits = 0;
  using client = clientOf(deadUrl(), {
    backoff: { maxAttempts: 3, random: () => (waits++, 0) },
  });
  const ags = client.bind({ signal: new AbortController().signal });
  const error = await refused(ags.request("GET", "/x"));
  assert.equal(error.retryable, true);
  assert.equal(waits, 2);
});

Deno.test("an answer that does not come in time is asked for again", async () => {
  await using session = await open({ requestTimeout: 100 });
  await session.client.ready(new AbortController().signal);
  session.emulator.faults.set([onGrant({ kind: "hang", times: 1 })]);
  await session.grant();
  assert.equal(session.seen(FULFILLMENT), 2);
  assert.equal(session.emulator.journal.counters.grants, 1);
});

Deno.test("a login that failed for a moment is tried again within the request", async () => {
  await using session = await open();
  session.emulator.faults.set([{ kind: "error", status: 503, times: 1 }]);
  await session.grant();
  assert.equal(session.emulator.journal.counters.grants, 1);
});

for (const status of [400, 401, 403]) {
  Deno.test(`a login that is refused with ${status} is not tried again within the request`, async () => {
    await using session = await open();
    session.emulator.faults.set([{ kind: "error", status }]);
    const error = await refused(session.grant());
    assert.equal(error.retryable, true, "the event is not to be lost for it");
    assert.equal(session.emulator.journal.counters.requests, 1);
  });
}

Deno.test("a wait between attempts ends with the event's signal", async () => {
  await using session = await open();
  session.emulator.faults.set([
    onGrant({ kind: "tooManyRequests", retryAfter: 600 }),
  ]);
  const controller = new AbortController();
  const reason = new Error("over");
  const grant = rejection(session.grant("u1", { signal: controller.signal }));
  await until(() => session.seen(FULFILLMENT) === 1);
  await new Promise((resolve) => setTimeout(resolve, 5));
  controller.abort(reason);
  assert.equal(await grant, reason);
  assert.equal(session.seen(FULFILLMENT), 1);
});

Deno.test("a request ends with its own signal, earlier than the event's", async () => {
  await using session = await open();
  session.emulator.faults.set([onGrant({ kind: "hang" })]);
  const controller = new AbortController();
  const reason = new Error("enough");
  const request = rejection(
    session.bind().request("POST", FULFILLMENT, {
      params: { userId: "u1" },
      body: {},
      signal: controller.signal,
    }),
  );
  await until(() => session.seen(FULFILLMENT) === 1);
  controller.abort(reason);
  const error = await request;
  assert.ok(error instanceof AgsError, String(error));
  assert.deepEqual([error.retryable, error.cause], [true, reason]);
});

Deno.test("a request that its own signal ends between two attempts is no bug either", async () => {
  await using session = await open({ backoff: { random: () => 0.99 } });
  session.emulator.faults.set([
    onGrant({ kind: "tooManyRequests", retryAfter: 60 }),
  ]);
  const controller = new AbortController();
  const reason = new Error("enough");
  const request = rejection(
    session.bind().request("POST", FULFILLMENT, {
      params: { userId: "u1" },
      body: {},
      signal: controller.signal,
    }),
  );
  await until(() => session.seen(FULFILLMENT) === 1);
  // The answer says to wait a minute: the request is waiting, or will be.
  await new Promise((resolve) => setTimeout(resolve, 50));
  controller.abort(reason);
  const error = await request;
  assert.ok(error instanceof AgsError, String(error));
  assert.deepEqual([error.retryable, error.cause], [true, reason]);
});

Deno.test("an event that has ended sends nothing", async () => {
  await using session = await open();
  const reason = new Error("over");
  const signal = AbortSignal.abort(reason);
  assert.equal(await rejection(session.grant("u1", { signal })), reason);
  assert.equal(session.emulator.journal.counters.requests, 0);
});

Deno.test("a request without a value for its path sends nothing and blames the event", async () => {
  await using session = await open();
  for (const userId of ["", ".", "..", "\ud800"]) {
    const error = await rejection(session.grant(userId));
    assert.ok(error instanceof TerminalError);
    assert.equal(error.fault, "event");
  }
  assert.equal(session.emulator.journal.counters.requests, 0);
});

Deno.test("a path has the app's namespace unless the call names another", async () => {
  await using session = await open();
  const ags = session.bind();
  const path = "/platform/admin/namespaces/{namespace}/items/{itemId}";
  const params = { itemId: "e0000000000000000000000000000001" };
  await ags.request("GET", path, { params });
  const other = { ...params, namespace: "other" };
  await refused(ags.request("GET", path, { params: other }));
  assert.deepEqual(
    session.emulator.journal.requests().slice(1).map(({ path, status }) => [
      path.split("/")[4],
      status,
    ]),
    [["mygame", 200], ["other", 403]],
  );
});

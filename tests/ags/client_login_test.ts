import assert from "node:assert/strict";
import { AgsError } from "../../lib/ags/errors.ts";
import { clientOf, FULFILLMENT, open, rejection, TOKEN } from "./_client.ts";
import { serve } from "./_server.ts";

Deno.test("200 requests whose token was revoked share one new login, and each is sent once more", async () => {
  await using session = await open();
  await session.grant("first");
  session.emulator.revokeTokens();
  session.emulator.journal.clear();
  await Promise.all(
    Array.from({ length: 200 }, (_, index) => session.grant(`u${index}`)),
  );
  assert.equal(session.seen(TOKEN), 1);
  assert.equal(session.seen(FULFILLMENT), 400);
  const { byStatus, grants } = session.emulator.journal.counters;
  assert.deepEqual(byStatus, { 200: 201, 401: 200 });
  assert.equal(grants, 200);
});

Deno.test("a 401 that is not the token's fault costs one login and one more try", async () => {
  await using session = await open();
  await session.client.ready(new AbortController().signal);
  session.emulator.journal.clear();
  session.emulator.faults.set([
    { kind: "unauthorized", match: { path: FULFILLMENT } },
  ]);
  const error = await rejection(session.grant());
  assert.ok(error instanceof AgsError);
  assert.equal(error.status, 401);
  assert.equal(error.retryable, true, "the event is not to be lost for it");
  assert.equal(session.seen(TOKEN), 1);
  assert.equal(session.seen(FULFILLMENT), 2);
});

Deno.test("a token that was refused twice is not used for the next event", async () => {
  await using session = await open();
  session.emulator.faults.set([
    { kind: "unauthorized", match: { path: FULFILLMENT }, times: 2 },
  ]);
  await rejection(session.grant());
  await session.grant();
  assert.equal(session.seen(TOKEN), 3);
});

Deno.test("a 401 that comes late, for an old token, costs no login", async () => {
  const late = Promise.withResolvers<void>();
  let logins = 0;
  await using server = serve(async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === TOKEN) {
      logins++;
      return Response.json({ access_token: `t${logins}`, expires_in: 100 });
    }
    if (request.headers.get("authorization") !== "Bearer t1") {
      return Response.json({ done: true });
    }
    if (pathname === "/late") await late.promise;
    return new Response(null, { status: 401 });
  });
  using client = clientOf(server.url);
  const ags = client.bind({ signal: new AbortController().signal });
  const slow = ags.request("GET", "/late");
  assert.deepEqual(await ags.request("GET", "/soon"), { done: true });
  late.resolve();
  assert.deepEqual(await slow, { done: true });
  assert.equal(logins, 2);
});

Deno.test("a login that fails after a 401 fails the request, which can come again", async () => {
  await using session = await open({ backoff: { maxAttempts: 1 } });
  await session.grant();
  session.emulator.revokeTokens();
  session.emulator.faults.set([
    { kind: "error", status: 503, match: { path: TOKEN } },
  ]);
  const error = await rejection(session.grant());
  assert.ok(error instanceof AgsError);
  assert.equal(error.status, 503);
  assert.equal(error.retryable, true);
  assert.equal(session.seen(FULFILLMENT), 2);
});

Deno.test("ready() says whether there is a token or one can be had", async () => {
  await using session = await open();
  const { signal } = new AbortController();
  session.emulator.faults.set([{ kind: "error", status: 503, times: 1 }]);
  assert.ok(await rejection(session.client.ready(signal)) instanceof AgsError);
  await session.client.ready(signal);
  await session.client.ready(signal);
  assert.equal(session.emulator.journal.counters.requests, 2);
});

Deno.test("ready() waits no longer than its signal", async () => {
  await using session = await open();
  session.emulator.faults.set([{ kind: "hang" }]);
  const reason = new Error("over");
  const controller = new AbortController();
  const ready = rejection(session.client.ready(controller.signal));
  controller.abort(reason);
  assert.equal(await ready, reason);
});

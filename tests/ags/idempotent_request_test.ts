import assert from "node:assert/strict";
import { CONSUMABLE_ITEM_ID, type Fault } from "../../dev/emulator/mod.ts";
import { AgsError } from "../../lib/ags/errors.ts";
import { fulfillItem } from "../../lib/ags/platform.ts";
import type { AgsMethod } from "../../lib/core/context.ts";
import { clientOf, FULFILLMENT, open, rejection } from "./_client.ts";
import { deadUrl, serve } from "./_server.ts";

const GRANT = { userId: "u1", itemId: CONSUMABLE_ITEM_ID };

/** What leaves open whether AGS has granted. */
const IN_DOUBT: readonly Fault[] = [
  { kind: "reset" },
  { kind: "resetAfter" },
  { kind: "hang" },
  { kind: "html", status: 502 },
  ...[408, 500, 502, 503, 504].map((status) =>
    ({ kind: "error", status }) as const
  ),
];

for (const fault of IN_DOUBT) {
  Deno.test(`a v1 grant is sent once within a call that meets ${JSON.stringify(fault)}`, async () => {
    await using session = await open({ requestTimeout: 100 });
    await session.client.ready(new AbortController().signal);
    const match = { path: FULFILLMENT };
    session.emulator.faults.set([{ ...fault, match, times: 1 }]);
    const error = await rejection(fulfillItem(session.bind(), GRANT));
    assert.ok(error instanceof AgsError);
    assert.equal(error.retryable, true, "the event comes again");
    assert.equal(session.seen(FULFILLMENT), 1);
  });
}

/** What says that AGS has not granted. */
const REFUSED: readonly Fault[] = [
  { kind: "tooManyRequests", retryAfter: 0 },
  { kind: "error", status: 409, errorCode: 20006 },
  { kind: "error", status: 401 },
];

for (const fault of REFUSED) {
  Deno.test(`a v1 grant is sent again after ${JSON.stringify(fault)}`, async () => {
    await using session = await open();
    await session.client.ready(new AbortController().signal);
    const match = { path: FULFILLMENT };
    session.emulator.faults.set([{ ...fault, match, times: 1 }]);
    await fulfillItem(session.bind(), GRANT);
    assert.equal(session.emulator.journal.counters.grants, 1);
  });
}

Deno.test("a v1 grant is tried again while there is no connection to send it on", async () => {
  let waits = 0;
  await using login = serve(() =>
    Response.json({ access_token: "t", expires_in: 100 }, {
      headers: { connection: "close" },
    })
  );
  using client = clientOf(login.url, {
    backoff: { maxAttempts: 3, random: () => (waits++, 0) },
  });
  await client.ready(new AbortController().signal);
  await login[Symbol.asyncDispose]();
  const ags = client.bind({ signal: new AbortController().signal });
  const error = await rejection(fulfillItem(ags, GRANT));
  assert.ok(error instanceof AgsError && error.isUnsent, String(error));
  assert.equal(waits, 2);
});

Deno.test("a login that fails for a moment does not end a grant that was not sent", async () => {
  await using session = await open();
  session.emulator.faults.set([{ kind: "error", status: 503, times: 1 }]);
  await fulfillItem(session.bind(), GRANT);
  assert.equal(session.emulator.journal.counters.grants, 1);
});

const DEFAULTS: readonly (readonly [AgsMethod, number])[] = [
  ["GET", 2],
  ["PUT", 2],
  ["DELETE", 2],
  ["POST", 1],
  ["PATCH", 1],
];

for (const [method, times] of DEFAULTS) {
  for (const idempotent of [undefined, true, false]) {
    const expected = idempotent === undefined ? times : idempotent ? 2 : 1;
    Deno.test(`a ${method} with idempotent ${idempotent} is sent ${expected} times when AGS answers 503 once`, async () => {
      let asked = 0;
      await using server = serve(({ url }) => {
        if (new URL(url).pathname.startsWith("/iam")) {
          return Response.json({ access_token: "t", expires_in: 100 });
        }
        return new Response(null, { status: ++asked === 1 ? 503 : 204 });
      });
      using client = clientOf(server.url);
      const ags = client.bind({ signal: new AbortController().signal });
      await ags.request(method, "/x", {
        ...(idempotent !== undefined && { idempotent }),
      }).catch(() => {});
      assert.equal(asked, expected);
    });
  }
}

Deno.test("an error says whether its request was certainly not sent", async () => {
  using client = clientOf(deadUrl(), { backoff: { maxAttempts: 1 } });
  const ags = client.bind({ signal: new AbortController().signal });
  const error = await rejection(ags.request("GET", "/x"));
  assert.ok(error instanceof AgsError);
  assert.equal(error.isUnsent, true);
});

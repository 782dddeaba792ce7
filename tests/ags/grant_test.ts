import assert from "node:assert/strict";
import { CONSUMABLE_ITEM_ID, DURABLE_ITEM_ID } from "../../dev/emulator/mod.ts";
import { AgsError } from "../../lib/ags/errors.ts";
import { grantItem } from "../../lib/ags/grant.ts";
import { testConfig } from "../_support/config.ts";
import { open, rejection, type Session } from "./_client.ts";

const EVENT = { type: "channel.event", id: "event-1" };
const GRANT = { userId: "u1", itemId: CONSUMABLE_ITEM_ID, event: EVENT };

function contextOf(session: Session, fulfillmentApi: "v1" | "v3") {
  const config = testConfig({ fulfillmentApi });
  return { ags: session.bind({ deadline: Date.now() + 60_000 }), config };
}

function grants(session: Session, itemId: string = CONSUMABLE_ITEM_ID) {
  return session.emulator.state.grantCount("u1", itemId).grants;
}

Deno.test("grantItem() with v3 grants once for an event, however often it is called", async () => {
  await using session = await open();
  const ctx = contextOf(session, "v3");
  const first = await grantItem(ctx, GRANT);
  assert.deepEqual(await grantItem(ctx, GRANT), first);
  assert.equal(grants(session), 1);
});

for (const kind of ["reset", "resetAfter", "slowBody"] as const) {
  Deno.test(`grantItem() with v3 grants once through ${kind}`, async () => {
    await using session = await open({ requestTimeout: 150 });
    await session.client.ready(new AbortController().signal);
    const ctx = contextOf(session, "v3");
    session.emulator.faults.set([{ kind, times: 2 }]);
    await grantItem(ctx, GRANT);
    assert.equal(grants(session), 1);
  });
}

Deno.test("grantItem() with v3 tells events, players and parts apart", async () => {
  await using session = await open();
  const ctx = contextOf(session, "v3");
  await grantItem(ctx, GRANT);
  await grantItem(ctx, { ...GRANT, event: { ...EVENT, id: "event-2" } });
  await grantItem(ctx, { ...GRANT, part: "second" });
  await grantItem(ctx, { ...GRANT, userId: "u2" });
  assert.equal(grants(session), 3);
  assert.equal(session.emulator.journal.counters.grants, 4);
});

Deno.test("grantItem() with v1 grants each time it is called", async () => {
  await using session = await open();
  const ctx = contextOf(session, "v1");
  await grantItem(ctx, GRANT);
  await grantItem(ctx, GRANT);
  assert.equal(grants(session), 2);
});

Deno.test("grantItem() with v1 grants once in a call whose answer is lost, and fails", async () => {
  await using session = await open();
  await session.client.ready(new AbortController().signal);
  session.emulator.faults.set([{ kind: "resetAfter", times: 1 }]);
  const error = await rejection(grantItem(contextOf(session, "v1"), GRANT));
  assert.ok(error instanceof AgsError && error.retryable);
  assert.equal(grants(session), 1);
});

for (const api of ["v1", "v3"] as const) {
  Deno.test(`grantItem() with ${api} takes a durable item that is owned for granted`, async () => {
    await using session = await open();
    const ctx = contextOf(session, api);
    const request = { ...GRANT, itemId: DURABLE_ITEM_ID };
    await grantItem(ctx, request);
    const event = { ...EVENT, id: "event-2" };
    const second = await grantItem(ctx, { ...request, event });
    assert.equal(second.alreadyOwned, true);
    assert.equal(grants(session, DURABLE_ITEM_ID), 1);
  });
}

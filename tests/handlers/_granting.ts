/**
 * What every handler has to do that grants an item to a player who logs in.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Config, EventType, Handler } from "event-handler";
import {
  COINS_ITEM_ID,
  CONSUMABLE_ITEM_ID,
  DURABLE_ITEM_ID,
  startTestApp,
  type TestApp,
} from "event-handler/testing";
import { settings } from "../../handlers/settings.ts";

const REFRESH = "payload.userAuthentication.refresh";

/** Declares the tests of the handler of one event type. */
export function testGrantingHandler(type: EventType, handler: Handler): void {
  function startApp(config: Partial<Config> = {}): Promise<TestApp> {
    return startTestApp({
      handlers: [handler],
      settings,
      env: { ITEM_ID_TO_GRANT: CONSUMABLE_ITEM_ID },
      config,
    });
  }

  Deno.test(`${type} grants the player the item, once`, async () => {
    await using app = await startApp();
    const result = await app.deliver(type, { set: { userId: "u1" } });
    assert.equal(result.outcome, "handled");
    assert.deepEqual(
      app.ags.grants.map(({ userId, itemId, quantity }) => ({
        userId,
        itemId,
        quantity,
      })),
      [{ userId: "u1", itemId: CONSUMABLE_ITEM_ID, quantity: 1 }],
    );
  });

  Deno.test(`${type} grants once with fulfillment v3 though an answer is lost and it comes twice`, async () => {
    await using app = await startApp({ fulfillmentApi: "v3" });
    app.ags.fail({ kind: "resetAfter", match: { method: "PUT" }, times: 1 });
    const outcomes: string[] = [];
    for (const id of ["event-1", "event-1", "event-2"]) {
      const { outcome } = await app.deliver(type, {
        set: { userId: "u1", id },
      });
      outcomes.push(outcome);
    }
    assert.deepEqual(outcomes, ["handled", "duplicate", "handled"]);
    const { grants } = (await app.ags.emulator()).state
      .grantCount("u1", CONSUMABLE_ITEM_ID);
    assert.equal(grants, 2);
  });

  Deno.test(`${type} grants the item that ITEM_ID_TO_GRANT names`, async () => {
    await using app = await startApp({ itemIdToGrant: COINS_ITEM_ID });
    const result = await app.deliver(type, { set: { userId: "u1" } });
    assert.equal(result.outcome, "handled");
    assert.equal((await app.ags.emulator()).state.balance("u1", "GOLD"), 100);
  });

  Deno.test(`${type} is done for a player who owns the durable item already`, async () => {
    await using app = await startApp({ itemIdToGrant: DURABLE_ITEM_ID });
    for (let time = 0; time < 2; time++) {
      const result = await app.deliver(type, { set: { userId: "u1" } });
      assert.equal(result.outcome, "handled");
    }
    const { grants } = (await app.ags.emulator()).state.grantCount(
      "u1",
      DURABLE_ITEM_ID,
    );
    assert.equal(grants, 1);
  });

  Deno.test(`${type} grants for a session that is renewed, as the official templates do`, async () => {
    await using app = await startApp();
    const result = await app.deliver(type, { set: { [REFRESH]: true } });
    assert.equal(result.outcome, "handled");
    assert.equal(app.ags.grants.length, 1);
  });

  Deno.test(`${type} grants for an event that does not say whether it is a renewal`, async () => {
    await using app = await startApp();
    for (const missing of ["payload", "payload.userAuthentication"]) {
      const result = await app.deliver(type, { set: { [missing]: {} } });
      assert.equal(result.outcome, "handled");
    }
    assert.equal(app.ags.grants.length, 2);
  });

  Deno.test(`${type} grants nothing in another namespace`, async () => {
    await using app = await startApp();
    const result = await app.deliver(type, { set: { namespace: "othergame" } });
    assert.equal(result.outcome, "skipped");
    assert.equal(app.ags.requests.length, 0);
  });

  Deno.test(`${type} without a player is a bad event`, async () => {
    await using app = await startApp();
    const result = await app.deliver(type, { set: { userId: "" } });
    assert.equal(result.outcome, "rejected");
    assert.equal(result.reason, "bad_event");
    assert.equal(app.ags.requests.length, 0);
  });

  Deno.test(`${type} meets a bad state where the item does not exist`, async () => {
    await using app = await startApp({ itemIdToGrant: "no-such-item" });
    const result = await app.deliver(type);
    assert.equal(result.outcome, "rejected");
    assert.equal(result.reason, "bad_state");
    assert.equal(app.ags.grants.length, 0);
  });

  Deno.test(`${type} is to come again while AGS is down`, async () => {
    await using app = await startApp();
    app.ags.fail({ kind: "error", status: 503 });
    const result = await app.deliver(type);
    assert.equal(result.outcome, "failed");
    assert.equal(result.reason, "unavailable");
    app.ags.heal();
    assert.equal((await app.deliver(type)).outcome, "handled");
  });

  Deno.test(`${type} is to come again when its time is up`, async () => {
    await using app = await startApp({ handlerTimeout: 50 });
    app.ags.fail({ kind: "hang" });
    const result = await app.deliver(type);
    assert.equal(result.outcome, "failed");
    assert.equal(result.reason, "deadline");
  });
}

/**
 * The service with a handler of an event that has a list in it.
 *
 * A process of its own, started in place of `main.ts`.
 *
 * @module
 */

import { on } from "event-handler";
import { grantItem } from "event-handler/ags";
import { readEnvironment } from "../../lib/config/environment.ts";
import { main } from "../../main.ts";
import { itemToGrant, settings } from "../../dev/reference/settings.ts";

const handler = on("userAccount.userAccountUnlinked", async (event, ctx) => {
  await grantItem(ctx, {
    event,
    userId: event.data.userId,
    itemId: itemToGrant(ctx),
  });
});

Deno.exit(
  await main({
    args: [],
    readEnvironment: (table) => readEnvironment(".env", table),
    settings,
    handlers: [handler],
  }),
);

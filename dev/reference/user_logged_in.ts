import { on } from "event-handler";
import { grantItem } from "event-handler/ags";
import { itemToGrant } from "./settings.ts";

/** Grants an item to every player who logs in. */
export default on("userAuthentication.userLoggedIn", async (event, ctx) => {
  await grantItem(ctx, {
    event,
    userId: event.data.userId,
    itemId: itemToGrant(ctx),
  });
});

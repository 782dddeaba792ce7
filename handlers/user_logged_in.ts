import { on } from "event-handler";
import { grantItem } from "event-handler/ags";

/**
 * Grants an item to every player who logs in. `grantItem` documents how often.
 */
export default on("userAuthentication.userLoggedIn", async (event, ctx) => {
  await grantItem(ctx, {
    event,
    userId: event.data.userId,
    itemId: ctx.config.itemIdToGrant,
  });
});

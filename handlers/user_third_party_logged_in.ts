import { on } from "event-handler";
import { grantItem } from "event-handler/ags";

/**
 * Grants an item to every player who logs in with Steam, Epic, PlayStation, ….
 * `grantItem` documents how often.
 */
export default on(
  "userAuthentication.userThirdPartyLoggedIn",
  async (event, ctx) => {
    await grantItem(ctx, {
      event,
      userId: event.data.userId,
      itemId: ctx.config.itemIdToGrant,
    });
  },
);

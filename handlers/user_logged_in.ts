import { fulfillItem } from "../lib/ags/platform.ts";
import { on } from "../mod.ts";

/** Grants an item to every player who logs in. */
export default on("userAuthentication.userLoggedIn", async (event, ctx) => {
  await fulfillItem(ctx.ags, {
    userId: event.data.userId,
    itemId: ctx.config.itemIdToGrant,
  });
}, {
  // A session that is renewed is not a login.
  filter: (event) => !event.data.payload?.userAuthentication?.refresh,
});

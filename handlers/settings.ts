/**
 * Your handlers' own settings. Add an entry here, and handlers can read it,
 * typed, as `ctx.config.itemIdToGrant`.
 *
 * @module
 */

import { defineSettings, text } from "event-handler/settings";

/** The settings. */
export const settings = defineSettings({
  /** The item that the example handlers grant. */
  itemIdToGrant: {
    env: "ITEM_ID_TO_GRANT",
    doc: "Id of the store item that the example handlers grant",
    expected: "an item id, not in quotes",
    schema: text,
    async check(itemId, ags) {
      // Permission: ADMIN:NAMESPACE:{namespace}:ITEM [READ].
      await ags.request(
        "GET",
        "/platform/admin/namespaces/{namespace}/items/{itemId}",
        { params: { itemId } },
      );
      return `item ${itemId} exists`;
    },
  },
});

/**
 * The settings of the reference app's handlers.
 *
 * @module
 */

import type { Config, Context } from "event-handler";
import { type ConfigOf, defineSettings, text } from "event-handler/settings";

/** The settings. */
export const settings = defineSettings({
  /** The item that the handlers grant. */
  itemIdToGrant: {
    env: "ITEM_ID_TO_GRANT",
    doc: "Id of the store item that the reference handlers grant",
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

/**
 * The settings of the service and of the reference handlers: what `ctx.config` is where
 * the reference app runs in place of the one in `handlers/`.
 */
export type ReferenceConfig = Config & ConfigOf<typeof settings>;

/** The item that a reference handler is to grant. */
export function itemToGrant({ config }: Context): string {
  return (config as ReferenceConfig).itemIdToGrant;
}

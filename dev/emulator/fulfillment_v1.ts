/**
 * Fulfillment v1: it has no idempotency key, so each accepted call grants
 * again. A summary list that has no entry is absent, not empty; AGS's
 * specification allows both, and this is the harder one for a caller.
 *
 * @module
 */

import { type Answer, itemNotFound, ok } from "./errors.ts";
import { checkFulfillment } from "./fulfillment_schema.ts";
import { grantAll, isAnswer, type PlatformOptions } from "./grants.ts";
import { readJson } from "./request_body.ts";
import type { Call } from "./router.ts";

/**
 * Answers `POST …/users/{userId}/fulfillment`.
 *
 * @param call The call.
 * @param options Store, ledger and journal.
 */
export function fulfillItem(call: Call, options: PlatformOptions): Answer {
  const { catalog, ledger, namespace } = options;
  const body = readJson(call, checkFulfillment);
  if (isAnswer(body)) return body;
  const { itemId, itemSku, quantity } = body.value;
  const item = itemId ? catalog.byId(itemId) : catalog.bySku(itemSku ?? "");
  if (item === undefined) {
    // v1 declares 30341 only, also when the item was named by its SKU.
    return itemNotFound(itemId || itemSku || "", namespace);
  }
  const userId = call.params.userId ?? "";
  const result = { id: ledger.newId(), namespace, userId };
  if (call.effects.has("noSummaries")) return ok(result);
  const granted = grantAll(options, [{ item, quantity, terms: body.value }], {
    userId,
    api: "v1",
  });
  return isAnswer(granted) ? granted : ok({ ...result, ...granted });
}

/**
 * The request bodies of the fulfillment operations, as far as AGS's OpenAPI
 * document describes them. Fields it does not describe are ignored; `null`
 * counts as absent; numbers in strings are refused.
 *
 * @module
 */

import { z } from "zod";
import type { FieldError } from "./errors.ts";
import { type Checked, checkSchema } from "./request_body.ts";

const originSchema = z.enum([
  "Epic",
  "GooglePlay",
  "IOS",
  "Nintendo",
  "Oculus",
  "Other",
  "Playstation",
  "Steam",
  "System",
  "Twitch",
  "Xbox",
]).nullish();

const sourceSchema = z.enum([
  "ACHIEVEMENT",
  "CONSUME_ENTITLEMENT",
  "DLC",
  "EXPIRATION",
  "GIFT",
  "IAP",
  "IAP_CHARGEBACK_REVERSED",
  "ORDER_REVOCATION",
  "OTHER",
  "PAYMENT",
  "PROMOTION",
  "PURCHASE",
  "REDEEM_CODE",
  "REFERRAL_BONUS",
  "REWARD",
  "SELL_BACK",
]).nullish();

const dateTimeSchema = z.iso.datetime({ offset: true }).nullish();
const textSchema = z.string().nullish();

/** One item to grant: the body of v1, an element of `items` in v3. */
const fulfillmentItemSchema = z.object({
  quantity: z.int32().min(1),
  itemId: textSchema,
  itemSku: textSchema,
  source: sourceSchema,
  origin: originSchema,
  entitlementOrigin: originSchema,
  entitlementCollectionId: z.string().min(1).max(128).nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  orderNo: textSchema,
  storeId: textSchema,
  region: textSchema,
  language: textSchema,
  startDate: dateTimeSchema,
  endDate: dateTimeSchema,
  duration: z.int32().min(1).nullish(),
});

/** Most items of one v3 request. The specification names no limit. */
export const MAX_ITEMS = 100;

const fulfillmentItemsSchema = z.object({
  items: z.array(fulfillmentItemSchema).min(1).max(MAX_ITEMS),
});

/** A checked item to grant. */
export type FulfillmentItem = z.infer<typeof fulfillmentItemSchema>;

/** Checks the body of a v1 fulfillment. */
export function checkFulfillment(input: unknown): Checked<FulfillmentItem> {
  const checked = checkSchema(fulfillmentItemSchema, input);
  if (!checked.ok) return checked;
  const missing = missingItem(checked.value, "");
  return missing ? { ok: false, errors: [missing] } : checked;
}

/** Checks the body of a v3 fulfillment. */
export function checkFulfillments(
  input: unknown,
): Checked<readonly FulfillmentItem[]> {
  const checked = checkSchema(fulfillmentItemsSchema, input);
  if (!checked.ok) return checked;
  const { items } = checked.value;
  const errors = items.flatMap((item, index) =>
    missingItem(item, `items.${index}.`) ?? []
  );
  return errors.length > 0 ? { ok: false, errors } : { ok: true, value: items };
}

function missingItem(
  item: FulfillmentItem,
  prefix: string,
): FieldError | undefined {
  if (item.itemId || item.itemSku) return undefined;
  return {
    field: `${prefix}itemId`,
    message: "either itemId or itemSku is required",
  };
}

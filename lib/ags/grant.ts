/**
 * Grants an item for an event, through the API that `FULFILLMENT_API` names.
 *
 * @module
 */

import type { Context } from "../core/context.ts";
import type { Event } from "../core/event.ts";
import { fulfillItems, transactionIdOf } from "./fulfillment_v3.ts";
import {
  fulfillItem,
  type FulfillItemRequest,
  type FulfillItemResult,
} from "./platform.ts";

/** The item, the player and the event. */
export interface GrantItemRequest extends FulfillItemRequest {
  /** The event that is the reason. */
  readonly event: Pick<Event, "type" | "id">;
  /** Distinguishes several grants for one event and player. @default {""} */
  readonly part?: string;
}

/**
 * Grants an item to a player because of an event.
 *
 * If the event is delivered more than once, it is granted:
 *
 * - `FULFILLMENT_API=v3`: **once**, whatever happens. AGS knows the grant by an
 *   id derived from the event, and answers a repetition with the first grant.
 * - `FULFILLMENT_API=v1`: **once, as long as the idempotency store knows that
 *   the event is done**. AGS has no key for recognising a repetition: if the
 *   process dies between the grant and the mark, or AGS's answer is lost, the
 *   event is delivered and granted again. A durable item is never granted
 *   twice: AGS refuses it, which counts as granted.
 *
 * `docs/guarantees.md` has the table for each store.
 *
 * @example
 * ```ts
 * import { on } from "event-handler";
 * import { grantItem } from "event-handler/ags";
 *
 * export default on("userAuthentication.userLoggedIn", async (event, ctx) => {
 *   const { userId } = event.data;
 *   await grantItem(ctx, { event, userId, itemId: "a1b2c3" });
 * });
 * ```
 *
 * @param ctx The context of the handler.
 * @param request The item, the player and the event.
 * @returns What was granted.
 * @throws {AgsError} As for `fulfillItem` and `fulfillItems`.
 * @throws {TerminalError} `userId` is empty.
 */
export function grantItem(
  ctx: Pick<Context, "ags" | "config">,
  request: GrantItemRequest,
): Promise<FulfillItemResult> {
  const { event, part, ...grant } = request;
  if (ctx.config.fulfillmentApi === "v1") return fulfillItem(ctx.ags, grant);
  const { userId, ...item } = grant;
  return fulfillItems(ctx.ags, {
    userId,
    transactionId: transactionIdOf(event, {
      userId,
      ...(part !== undefined && { part }),
    }),
    items: [item],
  });
}

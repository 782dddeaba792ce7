/**
 * Grants an item for an event, by the API that `FULFILLMENT_API` names.
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

/** What to grant, to whom, and for which event. */
export interface GrantItemRequest extends FulfillItemRequest {
  /** The event that is the reason. */
  readonly event: Pick<Event, "type" | "id">;
  /** Tells several grants of one event to one player apart. @default {""} */
  readonly part?: string;
}

/**
 * Grants an item to a player because of an event.
 *
 * How often, when the event is delivered more than once:
 *
 * - `FULFILLMENT_API=v3`: **once**, whatever happens. AGS knows the grant by an id
 *   made from the event, and answers a repetition with the first grant.
 * - `FULFILLMENT_API=v1`: **once as long as the idempotency store knows that the
 *   event is done**. AGS has no key to tell a repetition by: when the process dies
 *   between the grant and the mark, or AGS's answer to the grant is lost, the event
 *   comes again and is granted again. A durable item cannot be: AGS refuses it, and
 *   that counts as granted.
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
 * @param request What to grant, to whom, for which event.
 * @returns What was granted.
 * @throws {AgsError} As `fulfillItem` and `fulfillItems` do.
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

/**
 * An example that is not in the list of handlers, because it needs `SOURCES` with
 * `clientEvents`: it opens a ticket for each loyalty purchase.
 *
 * ```ts
 * // handlers/loyalty_purchase.ts, with the settings in handlers/settings.ts
 * export default openTickets(zendesk((config) => config.zendesk));
 * ```
 *
 * @module
 */

import { type Handler, on, TerminalError } from "event-handler";
import { createTicket, type Destination } from "event-handler/destinations";

/**
 * Opens one ticket for each event, however often it is delivered. The text is
 * written here: of what the client sent, only the item's number is in it.
 *
 * @param desk The studio's Zendesk.
 */
export function openTickets(desk: Destination): Handler {
  return on("clientEvents.loyaltypurchase", async (event, ctx) => {
    const { data } = event.data;
    const sku = typeof data === "object" && data !== null && "itemSku" in data
      ? data.itemSku
      : undefined;
    if (typeof sku !== "number" && typeof sku !== "string") {
      throw new TerminalError("Loyalty purchase has no itemSku");
    }
    const ticket = await createTicket(desk(ctx), {
      id: event.id,
      subject: "Loyalty purchase",
      body: `Player ${event.subject} bought item ${String(sku).slice(0, 100)}`,
      tags: ["loyalty"],
    });
    ctx.log.info("Ticket opened", { ticketId: ticket.id });
  }, { name: "loyalty_purchase" });
}

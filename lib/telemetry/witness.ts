/**
 * Tells a witness what is counted.
 *
 * @module
 */

import type { Witness } from "../core/witness.ts";
import type { Telemetry } from "./telemetry.ts";

/** The same telemetry, with a witness of events and requests, if there is one. */
export function witnessed(
  telemetry: Telemetry,
  witness: Witness | undefined,
): Telemetry {
  if (witness === undefined) return telemetry;
  const { ags, events } = telemetry;
  return {
    ...telemetry,
    ags: {
      ...ags,
      exchanged(exchange) {
        ags.exchanged(exchange);
        witness.requestEnded(exchange);
      },
    },
    events: {
      ...events,
      ended(delivery, result, time) {
        events.ended(delivery, result, time);
        witness.eventEnded(delivery, result, time);
      },
    },
  };
}

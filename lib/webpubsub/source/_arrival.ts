/**
 * How an event of Web PubSub arrived, for traces.
 *
 * @module
 */

import type { Arrival } from "../../core/tracing.ts";

/**
 * A request as an event's arrival.
 *
 * @param name The route's path.
 */
export function arrivalOf(headers: Headers, name: string): Arrival {
  return {
    kind: "http",
    name,
    header: (name) => headers.get(name) ?? undefined,
  };
}

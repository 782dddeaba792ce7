/**
 * Events that arrive with headers, without a network.
 *
 * @module
 */

import type { Arrival } from "../../lib/core/tracing.ts";

/** How an event arrives that was sent with these headers. */
export function arrivalOf(
  headers: Readonly<Record<string, string>>,
): Arrival {
  return {
    kind: "rpc",
    name: "test.Service/OnMessage",
    header: (name) => Object.hasOwn(headers, name) ? headers[name] : undefined,
  };
}

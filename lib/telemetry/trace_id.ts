/**
 * The id of an event's trace in logs, without spans.
 *
 * @module
 */

import type { Middleware } from "../core/dispatcher.ts";
import type { Arrival } from "../core/tracing.ts";

/**
 * Records the id of the caller's trace, if any, with the event. An event
 * without one costs three header lookups.
 */
export function traceIds(): Middleware {
  return (delivery, next) => {
    delivery.traceId = traceIdOf(delivery.arrival);
    return next(delivery);
  };
}

/** B3 before W3C, as in the default order of propagators: the last one wins. */
function traceIdOf(arrival: Arrival | undefined): string | undefined {
  if (arrival === undefined) return undefined;
  const b3 = arrival.header("b3") ?? arrival.header("x-b3-traceid");
  return (b3 && traceId(B3.exec(b3))) ||
    traceId(TRACEPARENT.exec(arrival.header("traceparent") ?? ""));
}

/** 64 or 128 bits; the single header has more after them. */
const B3 = /^([\da-f]{16}(?:[\da-f]{16})?)(?:-|$)/;
const TRACEPARENT = /^(?!ff)[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}/;

function traceId(found: RegExpExecArray | null): string | undefined {
  const id = found?.[1]?.padStart(32, "0");
  return id === undefined || /^0+$/.test(id) ? undefined : id;
}

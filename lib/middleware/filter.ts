/**
 * Skips events that a handler filters out.
 *
 * @module
 */

import { type Middleware, refusing } from "../core/dispatcher.ts";
import { type Result, SKIPPED } from "../core/outcome.ts";

/**
 * Calls the handler's own `filter`, once. It runs outside of idempotency: an
 * event that does not run needs no claim. A filter that throws makes the event
 * fail as its handler would: claimed and counted.
 */
export function filter(): Middleware {
  return (delivery, next) => {
    const { handler: { options }, event, refusal } = delivery;
    if (options.filter === undefined || refusal !== undefined) {
      return next(delivery);
    }
    let isWanted: boolean;
    try {
      isWanted = options.filter(event);
    } catch (error) {
      return next(
        refusing(delivery, error ?? new Error("Filter threw nothing")),
      );
    }
    return isWanted === false ? Promise.resolve(UNWANTED) : next(delivery);
  };
}

const UNWANTED: Result = {
  ...SKIPPED,
  why: "The handler's filter excludes it",
};

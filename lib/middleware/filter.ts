/**
 * Skips what a handler does not want.
 *
 * @module
 */

import { type Middleware, refusing } from "../core/dispatcher.ts";
import { type Result, SKIPPED } from "../core/outcome.ts";

/**
 * Asks the handler's own `filter`, once. Outside of idempotency: what is not run needs
 * no claim. A filter that throws has the event fail as its handler would: claimed, and
 * counted.
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
  why: "The handler's filter does not want it",
};

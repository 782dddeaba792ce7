/**
 * Deliveries that wait for a concurrent run of the same event.
 *
 * @module
 */

import type { Delivery } from "../core/dispatcher.ts";
import { CancelledError } from "../core/errors.ts";
import {
  DUPLICATES,
  endedResult,
  type Result,
  resultOf,
} from "../core/outcome.ts";

/**
 * Waits for the run of another delivery, up to this delivery's own deadline.
 */
export function follow(
  { controller: { signal } }: Delivery,
  leader: Promise<Result>,
): Promise<Result> {
  return new Promise((resolve) => {
    const onAbort = () => resolve(endedResult(signal.reason));
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    leader.then((result) => {
      signal.removeEventListener("abort", onAbort);
      resolve(shared(result));
    }, (error) => resolve(resultOf(error, signal)));
  });
}

/** The result for a delivery that waited for another one's run. */
function shared(result: Result): Result {
  if (result.outcome === "handled") {
    const { answer } = result;
    const { shared } = DUPLICATES;
    return answer === undefined ? shared : { ...shared, answer };
  }
  if (result.outcome !== "cancelled") return result;
  // The other caller disconnected; this one is still waiting.
  const error = new CancelledError("Run of the event was cancelled");
  return { outcome: "failed", reason: "unavailable", error };
}

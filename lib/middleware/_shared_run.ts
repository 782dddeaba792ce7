/**
 * What deliveries get that wait for the run of another one of the same event.
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

/** Waits for the run of another delivery, as long as this one has time. */
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

/** What a delivery is answered that waited for the run of another one. */
function shared(result: Result): Result {
  if (result.outcome === "handled") {
    const { answer } = result;
    const { shared } = DUPLICATES;
    return answer === undefined ? shared : { ...shared, answer };
  }
  if (result.outcome !== "cancelled") return result;
  // The other's caller went away; this one's is still there.
  const error = new CancelledError("Run of the event was cancelled");
  return { outcome: "failed", reason: "unavailable", error };
}

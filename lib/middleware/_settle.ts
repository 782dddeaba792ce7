/**
 * Reports the results of runs to the store.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";
import type { Delivery } from "../core/dispatcher.ts";
import type {
  Ending,
  IdempotencyStore,
  Tally,
} from "../core/idempotency_store.ts";
import type { Result } from "../core/outcome.ts";
import type { Unmarked } from "./_unmarked.ts";
import { countFailure } from "./attempts.ts";

/** Options of {@linkcode createSettler}. */
export interface SettlerOptions {
  /** The store. */
  readonly store: IdempotencyStore;
  /** How long events are remembered, in milliseconds. */
  readonly ttl: number;
  /** Logs problems with the store. */
  readonly log: Logger;
  /** Keeps results that the store does not accept. */
  readonly unmarked: Unmarked;
}

/** A finished run. */
export interface EndedRun {
  /** The token of its claim. */
  readonly token: string;
  /** The delivery. */
  readonly delivery: Delivery;
  /** The result. */
  readonly result: Result;
  /** The event's failures before this run. */
  readonly tally: Tally;
}

/**
 * Reports the result of a run of the event with this key to the store. Never
 * rejects.
 */
export type Settle = (key: string, run: EndedRun) => Promise<void>;

/**
 * Creates a function that marks a finished event as done or as a dead letter,
 * and otherwise releases its claim with the failure counted.
 */
export function createSettler(options: SettlerOptions): Settle {
  const { store, ttl, log, unmarked } = options;
  /** When an event of each type was last handled, by each of its handlers. */
  const handledAt = new Map<string, number>();

  return async (key, { token, delivery, result, tally }) => {
    const { event: { type }, sharedAs } = delivery;
    const work = sharedAs === undefined ? type : `${type}@${sharedAs}`;
    // The wall clock, because other processes share it.
    const now = Date.now();
    if (result.outcome === "handled") handledAt.set(work, now);
    const ending = endingOf(result);
    try {
      const isOwn = ending !== undefined
        ? await store.complete(key, { token, ending, ttl })
        : await store.release(key, {
          token,
          tally: countFailure({
            result,
            endedBy: delivery.controller.signal.reason,
            tally,
            lastHandledAt: handledAt.get(work) ?? 0,
            now,
          }),
          ttl,
        });
      if (!isOwn) report("Event was claimed by another process while it ran");
    } catch (error) {
      if (ending !== undefined) unmarked.add(key, { token, ending });
      report("Idempotency store could not record how an event ended", error);
    }

    function report(message: string, error?: unknown): void {
      const { event: { type: eventType, id: eventId }, traceId } = delivery;
      const { outcome } = result;
      const fields = {
        eventType,
        eventId,
        outcome,
        store: store.name,
        ...(traceId !== undefined && { traceID: traceId }),
      };
      log.warn(message, error === undefined ? fields : { ...fields, error });
    }
  };
}

/** How an event ended; `undefined`: it has to run again. */
function endingOf({ outcome }: Result): Ending | undefined {
  switch (outcome) {
    case "handled":
    case "skipped":
    case "duplicate":
      return "done";
    case "rejected":
    case "exhausted":
      return "dead_letter";
    default:
      return undefined;
  }
}

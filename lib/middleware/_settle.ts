/**
 * Tells the store how runs ended.
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
  /** What is told. */
  readonly store: IdempotencyStore;
  /** How long events are remembered, in milliseconds. */
  readonly ttl: number;
  /** Where trouble with the store is reported. */
  readonly log: Logger;
  /** Takes what the store does not. */
  readonly unmarked: Unmarked;
}

/** A run that has ended. */
export interface EndedRun {
  /** Whose claim it was. */
  readonly token: string;
  /** What was run. */
  readonly delivery: Delivery;
  /** How it ended. */
  readonly result: Result;
  /** The event's failures before. */
  readonly tally: Tally;
}

/** Tells the store how a run of the event with this key ended. Never rejects. */
export type Settle = (key: string, run: EndedRun) => Promise<void>;

/**
 * Makes what marks an event done or set aside where it has ended for good, and gives
 * its claim back otherwise, with the failure counted.
 */
export function createSettler(options: SettlerOptions): Settle {
  const { store, ttl, log, unmarked } = options;
  /** When an event of each type was last handled, by each of its handlers. */
  const handledAt = new Map<string, number>();

  return async (key, { token, delivery, result, tally }) => {
    const { event: { type }, sharedAs } = delivery;
    const work = sharedAs === undefined ? type : `${type}@${sharedAs}`;
    // Shared with other processes: the wall clock's.
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
      if (!isOwn) report("Event was claimed elsewhere while it was run");
    } catch (error) {
      if (ending !== undefined) unmarked.add(key, { token, ending });
      report("Idempotency store was not told how an event ended", error);
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

/** How an event has ended for good; `undefined`: it is to be run again. */
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

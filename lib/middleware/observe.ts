/**
 * Logs one line per event.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";
import type { Delivery, Middleware } from "../core/dispatcher.ts";
import { type Reason, type Result, resultOf } from "../core/outcome.ts";
import { Payload } from "../core/payload.ts";

/** Options of {@linkcode observe}. */
export interface ObserveOptions {
  /** Where to log. */
  readonly log: Logger;
  /**
   * Whether each event is logged at `debug` on arrival, with the payload fields
   * known to be harmless. @default {false}
   */
  readonly logsPayloads?: boolean;
  /** Called with the result and duration of each event. */
  readonly onEnded?: (
    delivery: Delivery,
    result: Result,
    time: { readonly milliseconds: number },
  ) => void;
}

/**
 * Logs one line per event: type, id, outcome, duration, its trace, and, if
 * relevant, attempt, claim and replay. It contains no payload and no user, both
 * of which can be found by the event's id.
 *
 * It is the outermost policy, so that it sees what every other one decided.
 */
export function observe(options: ObserveOptions): Middleware {
  const { log, logsPayloads = false, onEnded } = options;
  return async (delivery, next) => {
    const start = performance.now();
    if (logsPayloads) reportArrival(log, delivery);
    let result: Result;
    try {
      result = await next(delivery);
    } catch (error) {
      // Middleware that throws has a bug, which has to be visible like any
      // other.
      result = resultOf(error, delivery.controller.signal);
    }
    const milliseconds = performance.now() - start;
    onEnded?.(delivery, result, { milliseconds });
    report(log, delivery, result, milliseconds);
    return result;
  };
}

function reportArrival(log: Logger, delivery: Delivery): void {
  const { event, source } = delivery;
  log.debug("Event received", {
    eventType: event.type,
    eventId: event.id,
    source,
    data: new Payload(event.data),
  });
}

function report(
  log: Logger,
  delivery: Delivery,
  result: Result,
  milliseconds: number,
): void {
  const { event, attempt, isRun = false, claim, source } = delivery;
  const fields: Record<string, unknown> = {
    eventType: event.type,
    eventId: event.id,
    ...(delivery.sharedAs !== undefined && { handler: delivery.sharedAs }),
    source,
    outcome: result.outcome,
    ...(isRun && { attempt }),
    durationMs: Math.round(milliseconds * 100) / 100,
  };
  if (delivery.traceId !== undefined) fields.traceID = delivery.traceId;
  // Nearly all events are "claimed".
  if (claim !== undefined && claim !== "claimed") fields.claim = claim;
  if (delivery.isReplay) fields.replay = true;
  if (result.outcome !== result.reason) fields.reason = result.reason;
  if (result.why !== undefined) fields.why = result.why;
  if (result.errorId !== undefined) fields.errorId = result.errorId;
  // A handler's decision to refuse is not a fault.
  if (result.reason === "refused") fields.why = String(result.error);
  else if (result.error !== undefined) fields.error = result.error;
  // It is delivered again, and fails until somebody fixes the handler.
  const level = LEVELS_BY_REASON[result.reason] ?? LEVELS[result.outcome];
  log[level](`Event ${result.outcome}`, fields);
}

/** Where the reason says more than the outcome. */
const LEVELS_BY_REASON: Readonly<
  Partial<Record<Reason, keyof Omit<Logger, "with">>>
> = { bug: "error", refused: "info" };

const LEVELS = {
  handled: "info",
  skipped: "info",
  duplicate: "info",
  cancelled: "warn",
  overloaded: "warn",
  failed: "warn",
  // It is not retried: somebody has to look.
  rejected: "error",
  exhausted: "error",
} as const satisfies Record<Result["outcome"], keyof Omit<Logger, "with">>;

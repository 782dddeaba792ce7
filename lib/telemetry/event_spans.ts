/**
 * A span for each event: from the pipe's first policy to its answer.
 *
 * @module
 */

import {
  type Attributes,
  context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import type { Delivery, Middleware } from "../core/dispatcher.ts";
import { type Outcome, type Result, resultOf } from "../core/outcome.ts";
import type { Arrival } from "../core/tracing.ts";
import { ARRIVAL_GETTER, type Propagation } from "./propagation.ts";
import { errorType, failSpan } from "./span_error.ts";

/** Options of {@linkcode eventSpans}. */
export interface EventSpansOptions {
  /** Makes the spans. */
  readonly tracer: Tracer;
  /** Reads the caller's trace. */
  readonly incoming: Propagation["incoming"];
}

/**
 * Runs each event within a span that continues the caller's trace: what its handler
 * does is part of it. Named by the event's type. No payload and no user are in it.
 */
export function eventSpans(options: EventSpansOptions): Middleware {
  const { tracer, incoming } = options;
  return (delivery, next) => {
    const parent = delivery.arrival === undefined
      ? ROOT_CONTEXT
      : incoming.extract(ROOT_CONTEXT, delivery.arrival, ARRIVAL_GETTER);
    const span = tracer.startSpan(delivery.event.type, {
      kind: kindOf(delivery),
      attributes: arrivalAttributes(delivery),
    }, parent);
    delivery.traceId = span.spanContext().traceId;
    return context.with(trace.setSpan(parent, span), async () => {
      try {
        const result = await next(delivery);
        finish(span, delivery, result);
        return result;
      } catch (error) {
        // As the app will classify it.
        finish(span, delivery, resultOf(error, delivery.controller.signal));
        throw error;
      } finally {
        span.end();
      }
    });
  };
}

/** A caller that waits for the answer is served; what is only read is consumed. */
function kindOf({ arrival }: Delivery): SpanKind {
  return arrival === undefined || arrival.kind === "message"
    ? SpanKind.CONSUMER
    : SpanKind.SERVER;
}

/** Longest id or name that is kept, in characters: callers choose them. */
const MAX_LENGTH = 200;

function arrivalAttributes(delivery: Delivery): Attributes {
  const { event, source, arrival, isReplay } = delivery;
  return {
    "cloudevents.event_id": event.id.slice(0, MAX_LENGTH),
    "cloudevents.event_type": event.type,
    "cloudevents.event_source": event.source,
    "event.source": source,
    ...(delivery.sharedAs !== undefined && {
      "event.handler": delivery.sharedAs,
    }),
    ...(isReplay && { "event.replay": true }),
    ...(event.namespace !== undefined && {
      "ags.namespace": event.namespace.slice(0, MAX_LENGTH),
    }),
    ...(arrival !== undefined && PLACES[arrival.kind](source, arrival.name)),
  };
}

/** OpenTelemetry's attributes of where an event came to. */
const PLACES: Readonly<
  Record<Arrival["kind"], (source: string, name: string) => Attributes>
> = {
  rpc: (source, name) => ({ "rpc.system.name": source, "rpc.method": name }),
  http: (_source, name) => ({
    "http.request.method": "POST",
    "http.route": name,
  }),
  message: (source, name) => ({
    "messaging.system": source,
    "messaging.operation.type": "process",
    "messaging.destination.name": name,
  }),
};

/** Outcomes that somebody has to do something about: come again, or look. */
const FAILURES: ReadonlySet<Outcome> = new Set([
  "failed",
  "rejected",
  "exhausted",
]);

function finish(span: Span, delivery: Delivery, result: Result): void {
  if (!span.isRecording()) return;
  const { outcome, reason, error, errorId } = result;
  span.setAttributes({
    "event.outcome": outcome,
    "event.reason": reason,
    ...(delivery.isRun && { "event.attempt": delivery.attempt }),
    ...(delivery.claim !== undefined && { "event.claim": delivery.claim }),
    ...(errorId !== undefined && { "event.error_id": errorId }),
  });
  if (!FAILURES.has(outcome) || reason === "refused") return;
  const type = error === undefined ? reason : errorType(error);
  failSpan(span, { error, type });
}

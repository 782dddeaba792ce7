/**
 * A span for each event that a handler publishes.
 *
 * @module
 */

import {
  context,
  defaultTextMapSetter,
  propagation,
  SpanKind,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import type { TracePublish } from "../core/tracing.ts";
import { errorType, failSpan } from "./span_error.ts";

/** Options of {@linkcode publishSpans}. */
export interface PublishSpansOptions {
  /** Creates the spans. */
  readonly tracer: Tracer;
}

/**
 * Publishes in a child span of the active one. Records always carry W3C
 * headers, whatever AGS requests carry, because a topic's consumers are not
 * AGS.
 */
export function publishSpans({ tracer }: PublishSpansOptions): TracePublish {
  const propagator = new W3CTraceContextPropagator();
  return ({ topic, name }, run) => {
    const parent = propagation.deleteBaggage(context.active());
    const span = tracer.startSpan(`send ${topic}`, {
      kind: SpanKind.PRODUCER,
      attributes: {
        "messaging.system": "kafka",
        "messaging.operation.type": "send",
        "messaging.operation.name": "send",
        "messaging.destination.name": topic,
        "cloudevents.event_type": `${topic}.${name}`,
      },
    }, parent);
    const own = trace.setSpan(parent, span);
    const headers: Record<string, string> = {};
    propagator.inject(own, headers, defaultTextMapSetter);
    return context.with(own, async () => {
      try {
        return await run(headers);
      } catch (error) {
        failSpan(span, { error, type: errorType(error) });
        throw error;
      } finally {
        span.end();
      }
    });
  };
}

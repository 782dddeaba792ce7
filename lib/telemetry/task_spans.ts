/**
 * A span for what the service does by itself, such as archiving.
 *
 * @module
 */

import { context, ROOT_CONTEXT, trace, type Tracer } from "@opentelemetry/api";
import type { TraceTask } from "../core/tracing.ts";
import { errorType, failSpan } from "./span_error.ts";

/** Options of {@linkcode taskSpans}. */
export interface TaskSpansOptions {
  /** Makes the spans. */
  readonly tracer: Tracer;
}

/** Runs each task within a span that has no parent: no one event has asked for it. */
export function taskSpans({ tracer }: TaskSpansOptions): TraceTask {
  return (name, run) => {
    const span = tracer.startSpan(name, {}, ROOT_CONTEXT);
    return context.with(trace.setSpan(ROOT_CONTEXT, span), async () => {
      try {
        return await run((attributes) => span.setAttributes(attributes));
      } catch (error) {
        failSpan(span, { error, type: errorType(error) });
        throw error;
      } finally {
        span.end();
      }
    });
  };
}

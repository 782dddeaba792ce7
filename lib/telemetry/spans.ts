/**
 * Traces that are on: what needs OpenTelemetry's libraries, and is loaded only then.
 *
 * @module
 */

import { trace, type Tracer } from "@opentelemetry/api";
import type { ServiceConfig } from "../config/table.ts";
import type { Logger } from "../core/context.ts";
import type { Middleware } from "../core/dispatcher.ts";
import type { TraceCall, TracePublish, TraceTask } from "../core/tracing.ts";
import type { OtelConfig } from "../config/otel.ts";
import { callSpans } from "./call_spans.ts";
import { eventSpans } from "./event_spans.ts";
import { createPropagation, type Propagation } from "./propagation.ts";
import { publishSpans } from "./publish_spans.ts";
import { taskSpans } from "./task_spans.ts";
import { startZipkinProvider } from "./zipkin_provider.ts";

/** Traces, on or off. Disposing sends what is left. */
export interface Tracing extends AsyncDisposable {
  /** Runs each event within its span, and knows the trace it belongs to. */
  readonly middleware: Middleware;
  /** Runs requests to AGS within spans; `undefined` where traces are off. */
  readonly traceCall: TraceCall | undefined;
  /** Publishes events within spans; `undefined` where traces are off. */
  readonly tracePublish: TracePublish | undefined;
  /** Runs the service's own tasks within spans; `undefined` where traces are off. */
  readonly traceTask: TraceTask | undefined;
  /** Sends the spans that have ended; resolves within a few seconds. */
  flush(): Promise<void>;
}

/** Options of {@linkcode startSpans}. */
export interface SpansOptions {
  /** The settings. */
  readonly config: OtelConfig & Pick<ServiceConfig, "baseUrl">;
  /** Says what is wrong with traces. */
  readonly log: Logger;
  /** Who sends the spans: this process's own SDK, or Deno's (`OTEL_DENO`). */
  readonly destination: "zipkin" | "runtime";
}

/** What spans call their maker. */
const SCOPE = "extend-event-handler";

/** Starts making spans. */
export function startSpans(options: SpansOptions): Tracing {
  const { config, log, destination } = options;
  const propagation = createPropagation(config.otelPropagators, {
    isByRuntime: destination === "runtime",
  });
  if (destination === "runtime") {
    return {
      ...makers(trace.getTracer(SCOPE), propagation, config.baseUrl),
      // The runtime sends its own when the process exits.
      flush: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  const provider = startZipkinProvider({ config, log, propagation });
  return {
    ...makers(provider.getTracer(SCOPE), propagation, config.baseUrl),
    flush: provider.flush,
    [Symbol.asyncDispose]: provider[Symbol.asyncDispose],
  };
}

function makers(
  tracer: Tracer,
  { incoming, outgoing }: Propagation,
  baseUrl: string,
) {
  return {
    middleware: eventSpans({ tracer, incoming }),
    traceCall: callSpans({ tracer, outgoing, baseUrl }),
    tracePublish: publishSpans({ tracer }),
    traceTask: taskSpans({ tracer }),
  };
}

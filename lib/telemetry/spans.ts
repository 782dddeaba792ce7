/**
 * Tracing when it is on: everything that needs OpenTelemetry's libraries,
 * loaded on demand.
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

/** Tracing, on or off. Disposing sends the rest. */
export interface Tracing extends AsyncDisposable {
  /** Runs each event in its span, and records its trace id. */
  readonly middleware: Middleware;
  /** Runs requests to AGS in spans; `undefined` if traces are off. */
  readonly traceCall: TraceCall | undefined;
  /** Publishes events in spans; `undefined` if traces are off. */
  readonly tracePublish: TracePublish | undefined;
  /** Runs the service's own tasks in spans; `undefined` if traces are off. */
  readonly traceTask: TraceTask | undefined;
  /** Sends finished spans; resolves within a few seconds. */
  flush(): Promise<void>;
}

/** Options of {@linkcode startSpans}. */
export interface SpansOptions {
  /** The settings. */
  readonly config: OtelConfig & Pick<ServiceConfig, "baseUrl">;
  /** Logs problems with traces. */
  readonly log: Logger;
  /** Who sends the spans: this process's own SDK, or Deno (`OTEL_DENO`). */
  readonly destination: "zipkin" | "runtime";
}

/** The instrumentation scope of the spans. */
const SCOPE = "extend-event-handler";

/** Starts creating spans. */
export function startSpans(options: SpansOptions): Tracing {
  const { config, log, destination } = options;
  const propagation = createPropagation(config.otelPropagators, {
    isByRuntime: destination === "runtime",
  });
  if (destination === "runtime") {
    return {
      ...makers(trace.getTracer(SCOPE), propagation, config.baseUrl),
      // The runtime sends its spans when the process exits.
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

/**
 * Traces: a span per event, and one per AGS request; if they are off, nothing.
 *
 * @module
 */

import { NONE } from "../config/kinds.ts";
import type { SpansOptions, Tracing } from "./spans.ts";
import { traceIds } from "./trace_id.ts";

export type { Tracing } from "./spans.ts";

/** Options of {@linkcode startTracing}. */
export type TracingOptions = Omit<SpansOptions, "destination">;

/**
 * Starts traces if they are enabled.
 *
 * The libraries are loaded only then: without traces, the service starts
 * without them, and an event only costs the lookup of its caller's trace.
 */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  const destination = destinationOf(options);
  if (destination === "none") return OFF;
  const { startSpans } = await import("./spans.ts");
  return startSpans({ ...options, destination });
}

const OFF: Tracing = {
  middleware: traceIds(),
  traceCall: undefined,
  tracePublish: undefined,
  traceTask: undefined,
  flush: () => Promise.resolve(),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

function destinationOf(
  { config, log }: TracingOptions,
): SpansOptions["destination"] | "none" {
  const { otelTracesExporter: exporter } = config;
  if (config.otelSdkDisabled || exporter === "none") return "none";
  const isZipkin = exporter === "zipkin" ||
    exporter === "auto" && config.otelZipkinEndpoint !== NONE;
  if (isByRuntime()) {
    if (isZipkin) {
      log.info("Spans are sent to OTLP, not to Zipkin: OTEL_DENO is true");
    }
    // They cannot be removed here: see docs/observability.md.
    log.warn(
      "Deno's request spans contain URLs with users' ids: " +
        "have the collector drop url.full, url.path and url.query",
    );
    return "runtime";
  }
  if (config.otelDeno || exporter === "otlp") {
    log.warn(
      "Spans are not sent to OTLP: OTEL_DENO was not true when Deno was " +
        "started or the executable was compiled",
    );
  }
  return isZipkin ? "zipkin" : "none";
}

/**
 * Where `@opentelemetry/api` keeps its registrations: read without loading it.
 */
const REGISTRY = Symbol.for("opentelemetry.js.api.1");

/**
 * Whether the runtime creates spans: it registers itself before any module
 * runs.
 */
function isByRuntime(): boolean {
  const registry: unknown = Reflect.get(globalThis, REGISTRY);
  return typeof registry === "object" && registry !== null &&
    "trace" in registry && registry.trace === Deno.telemetry.tracerProvider;
}

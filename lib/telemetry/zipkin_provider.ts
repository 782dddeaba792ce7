/**
 * OpenTelemetry's SDK with the Zipkin exporter.
 *
 * @module
 */

import {
  context,
  createNoopMeter,
  type MeterProvider,
  propagation,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { within } from "../core/async.ts";
import type { Logger } from "../core/context.ts";
import { NONE } from "../config/kinds.ts";
import {
  DEFAULT_SERVICE_NAME,
  type OtelConfig,
  parseResourceAttributes,
} from "../config/otel.ts";
import { reportLostSpans } from "./lost_spans.ts";
import type { Propagation } from "./propagation.ts";
import { createSampler } from "./sampler.ts";
import { createZipkinExporter } from "./zipkin_exporter.ts";

/** Options of {@linkcode startZipkinProvider}. */
export interface ZipkinProviderOptions {
  /** The settings. */
  readonly config: OtelConfig;
  /** Logs lost spans. */
  readonly log: Logger;
  /** For spans and requests that handlers create themselves. */
  readonly propagation: Propagation;
}

/** A running provider. Disposing sends the rest. */
export interface ZipkinProvider extends AsyncDisposable {
  /** Creates spans that are sent. */
  getTracer(name: string): Tracer;
  /** Sends finished spans; resolves when that is done or its time is up. */
  flush(): Promise<void>;
}

/** OpenTelemetry's default endpoint for Zipkin. */
const DEFAULT_ENDPOINT = "http://localhost:9411/api/v2/spans";

/** Longest attribute text, in characters: handlers create spans, too. */
const MAX_ATTRIBUTE_LENGTH = 1_024;

/** Time for sending the rest at shutdown, in milliseconds. */
const FLUSH_TIME = 3_000;

/**
 * Starts the SDK, and registers it globally: spans that handlers create with
 * `@opentelemetry/api` are children of their event's.
 */
export function startZipkinProvider(
  options: ZipkinProviderOptions,
): ZipkinProvider {
  const { config, log } = options;
  const endpoint = config.otelZipkinEndpoint === NONE
    ? DEFAULT_ENDPOINT
    : config.otelZipkinEndpoint;
  const lost = reportLostSpans({ log, endpoint });
  const stopped = new AbortController();
  const timeout = config.otelBspExportTimeout;
  const exporter = createZipkinExporter({
    url: endpoint,
    timeout,
    signal: stopped.signal,
    onFailed: lost.failed,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes(resourceAttributes(config)),
    sampler: createSampler(
      config.otelTracesSampler,
      config.otelTracesSamplerArg,
    ),
    spanLimits: { attributeValueLengthLimit: MAX_ATTRIBUTE_LENGTH },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        scheduledDelayMillis: config.otelBspScheduleDelay,
        maxQueueSize: config.otelBspMaxQueueSize,
        maxExportBatchSize: Math.min(
          config.otelBspMaxExportBatchSize,
          config.otelBspMaxQueueSize,
        ),
        exportTimeoutMillis: timeout,
        selfObsMeterProvider: dropMeter(lost.dropped),
      }),
    ],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  propagation.setGlobalPropagator(options.propagation.outgoing);

  /**
   * The processor stops at its first failure, when other deliveries may still
   * be running.
   */
  async function flush(how: "forceFlush" | "shutdown"): Promise<void> {
    await provider[how]().catch(() => {});
    await exporter.settled();
  }

  return {
    getTracer: (name) => provider.getTracer(name),
    async flush() {
      await within(FLUSH_TIME, flush("forceFlush"));
    },
    async [Symbol.asyncDispose]() {
      await within(FLUSH_TIME, flush("shutdown"));
      stopped.abort();
      await exporter.settled();
      lost[Symbol.dispose]();
      trace.disable();
      context.disable();
      propagation.disable();
    },
  };
}

function resourceAttributes(config: OtelConfig): Record<string, string> {
  const attributes = parseResourceAttributes(config.otelResourceAttributes);
  const isNamed = config.otelServiceName !== DEFAULT_SERVICE_NAME;
  return {
    "service.name": DEFAULT_SERVICE_NAME,
    ...attributes,
    ...(isNamed && { "service.name": config.otelServiceName }),
  };
}

/**
 * Reports dropped spans: the batch processor reports them only through its
 * metrics.
 */
function dropMeter(onDropped: (spans: number) => void): MeterProvider {
  const meter = createNoopMeter();
  meter.createCounter = () => ({
    add(spans, attributes) {
      if (attributes?.["error.type"] === "queue_full") onDropped(spans);
    },
  });
  return { getMeter: () => meter };
}

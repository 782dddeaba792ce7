/**
 * All that the service says of itself beside its log: traces and metrics.
 *
 * @module
 */

import type { ServiceConfig } from "../config/table.ts";
import type { Logger } from "../core/context.ts";
import type { LineWriter } from "../core/line_writer.ts";
import type { Metrics as MetricsPort } from "../core/metrics.ts";
import { type AgsMetrics, createAgsMetrics } from "./ags_metrics.ts";
import { createDeadLetterMetrics } from "./dead_letter_metrics.ts";
import { createEventMetrics, type EventMetrics } from "./event_metrics.ts";
import {
  createIdempotencyMetrics,
  type IdempotencyMetrics,
} from "./idempotency_metrics.ts";
import { createLogMetrics } from "./log_metrics.ts";
import {
  type MetricsOptions,
  type MetricsText,
  startMetrics,
} from "./metrics.ts";
import { metricsIn } from "./metrics_port.ts";
import { startTracing, type Tracing } from "./tracing.ts";

/** Options of {@linkcode startTelemetry}. */
export interface TelemetryOptions extends MetricsOptions {
  /** The settings. */
  readonly config: ServiceConfig;
  /** Says what is wrong with traces. */
  readonly log: Logger;
  /** Standard output, whose dropped lines are counted. @default {none is dropped} */
  readonly output?: Pick<LineWriter, "dropped"> | undefined;
}

/** Traces and metrics. Disposing sends the spans that are left. */
export interface Telemetry extends AsyncDisposable {
  /** Traces, on or off. */
  readonly tracing: Tracing;
  /** Where parts of the service make metrics of their own. */
  readonly metrics: MetricsPort;
  /** What is counted of requests to AGS. */
  readonly ags: AgsMetrics;
  /** What is counted of events. */
  readonly events: EventMetrics;
  /** What is counted of the idempotency store. */
  readonly idempotency: IdempotencyMetrics;
  /** Counts a dead letter. */
  readonly countLetter: ReturnType<typeof createDeadLetterMetrics>;
  /** The figures now, in Prometheus's text format. */
  collect(): Promise<MetricsText>;
}

/** Starts traces, if the settings want them, and metrics. */
export async function startTelemetry(
  options: TelemetryOptions,
): Promise<Telemetry> {
  const { config, log, build, output = { dropped: 0 } } = options;
  await using stack = new AsyncDisposableStack();
  const tracing = stack.use(await startTracing({ config, log }));
  const { registry, collect } = stack.use(startMetrics({ build }));
  createLogMetrics(registry, output);
  const telemetry = {
    tracing,
    metrics: metricsIn(registry),
    ags: createAgsMetrics(registry),
    events: createEventMetrics(registry),
    idempotency: createIdempotencyMetrics(registry),
    countLetter: createDeadLetterMetrics(registry),
    collect,
  };
  const running = stack.move();
  return {
    ...telemetry,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

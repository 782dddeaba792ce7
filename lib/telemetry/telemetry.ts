/**
 * The telemetry of the service besides its log: traces and metrics.
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
  /** Logs problems with traces. */
  readonly log: Logger;
  /** Standard output, whose dropped lines are counted. @default {none} */
  readonly output?: Pick<LineWriter, "dropped"> | undefined;
}

/** Traces and metrics. Disposing sends the remaining spans. */
export interface Telemetry extends AsyncDisposable {
  /** Traces, on or off. */
  readonly tracing: Tracing;
  /** The metrics interface for other parts of the service. */
  readonly metrics: MetricsPort;
  /** Metrics of AGS requests. */
  readonly ags: AgsMetrics;
  /** Metrics of events. */
  readonly events: EventMetrics;
  /** Metrics of the idempotency store. */
  readonly idempotency: IdempotencyMetrics;
  /** Counts a dead letter. */
  readonly countLetter: ReturnType<typeof createDeadLetterMetrics>;
  /** The current metrics, in Prometheus text format. */
  collect(): Promise<MetricsText>;
}

/** Starts metrics and, if enabled, traces. */
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

/**
 * Metrics of the gRPC server, with the names of the gRPC Prometheus ecosystem.
 *
 * @module
 */

import type { HistogramChild, Labels, Metrics } from "../core/metrics.ts";

/** A served method. */
export interface GrpcMethodLabels {
  /** `unary`, `client_stream`, `server_stream`, `bidi_stream` or `unknown`. */
  readonly type: string;
  /** Full name of its service. */
  readonly service: string;
  /** The method's name. */
  readonly method: string;
}

/** Counts the calls of one method. */
export interface GrpcMethodMetrics {
  /** A call arrived. */
  started(): void;
  /** A message from the caller arrived. */
  received(): void;
  /** A message is being sent to the caller. */
  sent(): void;
  /**
   * A call ended.
   *
   * @param code The number of gRPC's status code.
   * @param seconds Its duration.
   */
  ended(code: number, seconds: number): void;
}

/** The metrics of a gRPC server. */
export interface GrpcMetrics {
  /** Counts a method from 0. Call it once per method, when it is served. */
  methodOf(labels: GrpcMethodLabels): GrpcMethodMetrics;
}

/**
 * The codes by number, spelled as in Go's gRPC library and therefore in
 * dashboards.
 */
const CODES = [
  ...["OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded"],
  ...["NotFound", "AlreadyExists", "PermissionDenied", "ResourceExhausted"],
  ...["FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented"],
  ...["Internal", "Unavailable", "DataLoss", "Unauthenticated"],
] as const;

const UNKNOWN = CODES.indexOf("Unknown");

const METHOD = ["grpc_type", "grpc_service", "grpc_method"] as const;

/** Registers the metrics. */
export function createGrpcMetrics(metrics: Metrics): GrpcMetrics {
  const counter = (name: string, help: string, more: readonly string[] = []) =>
    metrics.counter({ name, help, labelNames: [...METHOD, ...more] });
  const started = counter(
    "grpc_server_started_total",
    "Calls received.",
  );
  const handled = counter(
    "grpc_server_handled_total",
    "Calls ended, by the code of their answer.",
    ["grpc_code"],
  );
  const received = counter(
    "grpc_server_msg_received_total",
    "Messages received from callers.",
  );
  const sent = counter(
    "grpc_server_msg_sent_total",
    "Messages sent to callers.",
  );
  const durations = metrics.durations({
    name: "grpc_server_handling_seconds",
    help: "Time from the arrival of a call to its end.",
    labelNames: METHOD,
  });

  return {
    methodOf({ type, service, method }) {
      const labels: Labels = {
        grpc_type: type,
        grpc_service: service,
        grpc_method: method,
      };
      const starts = started.child(labels);
      const receipts = received.child(labels);
      const sends = sent.child(labels);
      const ends = CODES.map((grpc_code) =>
        handled.child({ ...labels, grpc_code })
      );
      // Created with the first call: 18 zeros per method have no use.
      let duration: HistogramChild | undefined;
      return {
        started: () => void starts.value++,
        received: () => void receipts.value++,
        sent: () => void sends.value++,
        ended(code, seconds) {
          const end = ends[code] ?? ends[UNKNOWN];
          if (end !== undefined) end.value++;
          duration ??= durations.child(labels);
          duration.observe(seconds);
        },
      };
    },
  };
}

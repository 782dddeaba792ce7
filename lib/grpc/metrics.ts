/**
 * What the gRPC server answers, under the names of the gRPC Prometheus ecosystem.
 *
 * @module
 */

import type { HistogramChild, Labels, Metrics } from "../core/metrics.ts";

/** A method that is served. */
export interface GrpcMethodLabels {
  /** `unary`, `client_stream`, `server_stream`, `bidi_stream` or `unknown`. */
  readonly type: string;
  /** Full name of its service. */
  readonly service: string;
  /** Its own name. */
  readonly method: string;
}

/** Counts the calls of one method. */
export interface GrpcMethodMetrics {
  /** A call has come in. */
  started(): void;
  /** A message of the caller has come. */
  received(): void;
  /** A message is sent to the caller. */
  sent(): void;
  /**
   * A call is over.
   *
   * @param code The number of gRPC's status code.
   * @param seconds How long it took.
   */
  ended(code: number, seconds: number): void;
}

/** The metrics of a gRPC server. */
export interface GrpcMetrics {
  /** Counts a method from 0 on. Each method is to be named once, when it is served. */
  methodOf(labels: GrpcMethodLabels): GrpcMethodMetrics;
}

/** The codes by their numbers, spelled as Go's gRPC library and thus the dashboards do. */
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
    "Calls that have come in.",
  );
  const handled = counter(
    "grpc_server_handled_total",
    "Calls that are over, by the code that they were answered with.",
    ["grpc_code"],
  );
  const received = counter(
    "grpc_server_msg_received_total",
    "Messages that callers have sent.",
  );
  const sent = counter(
    "grpc_server_msg_sent_total",
    "Messages that were sent to callers.",
  );
  const durations = metrics.durations({
    name: "grpc_server_handling_seconds",
    help: "Time from a call coming in until it is over.",
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
      // Only once there is a call: 18 zeros a method answer no question.
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

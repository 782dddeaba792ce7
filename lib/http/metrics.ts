/**
 * What the public listener answers, under the names of OpenTelemetry's conventions.
 *
 * @module
 */

import type { HistogramChild, Metrics } from "../core/metrics.ts";

/** A request that is over. */
export interface EndedRequest {
  /** The method. */
  readonly method: string;
  /** The route's path; `undefined` where there is none. */
  readonly route: string | undefined;
  /** The status; 0 when the peer went away before. */
  readonly status: number;
  /** How long it took, in seconds. */
  readonly seconds: number;
}

/** How full the listener is. */
export interface HttpLoad {
  /** Connections now. */
  readonly connections: number;
  /** Requests that are not answered yet. */
  readonly requests: number;
  /** What bodies and answers take, in bytes. */
  readonly bufferedBytes: number;
}

/** Counts. */
export interface HttpMetrics {
  /** A request is over. */
  ended(request: EndedRequest): void;
  /** A connection was closed at once: there are too many. */
  refusedConnection(): void;
  /** Has the listener's load read. */
  watch(load: HttpLoad): void;
}

/** Methods that have a name of their own in metrics: anybody can make up more. */
const METHODS: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "OPTIONS",
  "PATCH",
]);

/** Registers the metrics. */
export function createHttpMetrics(metrics: Metrics): HttpMetrics {
  const labelNames = [
    "http_request_method",
    "http_route",
    "http_response_status_code",
  ];
  const durations = metrics.durations({
    name: "http_server_request_duration_seconds",
    help: "Time from the headers of a request until it is answered.",
    labelNames,
  });
  const refused = metrics.counter({
    name: "http_server_connections_refused_total",
    help: "Connections that were closed at once: there were too many.",
    labelNames: [],
  }).child({});
  const children = new Map<string, HistogramChild>();
  return {
    ended({ method: sent, route = "", status, seconds }) {
      const method = METHODS.has(sent) ? sent : "_OTHER";
      const key = `${method} ${status} ${route}`;
      let child = children.get(key);
      if (child === undefined) {
        child = durations.child({
          http_request_method: method,
          http_route: route,
          http_response_status_code: String(status),
        });
        children.set(key, child);
      }
      child.observe(seconds);
    },
    refusedConnection: () => void refused.value++,
    watch(load) {
      metrics.reading({
        name: "http_server_connections",
        help: "Connections of the public listener.",
        read: () => load.connections,
      });
      metrics.reading({
        name: "http_server_active_requests",
        help: "Requests that are not answered yet.",
        read: () => load.requests,
      });
      metrics.reading({
        name: "http_server_buffered_bytes",
        help: "What bodies of requests and answers take.",
        read: () => load.bufferedBytes,
      });
    },
  };
}

/**
 * Metrics of the public listener, with the names of OpenTelemetry's
 * conventions.
 *
 * @module
 */

import type { HistogramChild, Metrics } from "../core/metrics.ts";

/** A finished request. */
export interface EndedRequest {
  /** The method. */
  readonly method: string;
  /** The route's path; `undefined` without one. */
  readonly route: string | undefined;
  /** The status; 0 if the peer disconnected first. */
  readonly status: number;
  /** Its duration, in seconds. */
  readonly seconds: number;
}

/** The load of the listener. */
export interface HttpLoad {
  /** Current connections. */
  readonly connections: number;
  /** Unanswered requests. */
  readonly requests: number;
  /** Memory of bodies and answers, in bytes. */
  readonly bufferedBytes: number;
}

/** The metrics. */
export interface HttpMetrics {
  /** A request ended. */
  ended(request: EndedRequest): void;
  /** A connection was closed at once because there were too many. */
  refusedConnection(): void;
  /** Reads the listener's load on each scrape. */
  watch(load: HttpLoad): void;
}

/** Methods with their own label value: anybody can invent more. */
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
    help: "Time from the headers of a request to its answer.",
    labelNames,
  });
  const refused = metrics.counter({
    name: "http_server_connections_refused_total",
    help: "Connections closed at once because there were too many.",
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
        help: "Unanswered requests.",
        read: () => load.requests,
      });
      metrics.reading({
        name: "http_server_buffered_bytes",
        help: "Memory of request bodies and answers.",
        read: () => load.bufferedBytes,
      });
    },
  };
}

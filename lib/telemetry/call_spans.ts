/**
 * A span for each request to AGS, including its retries.
 *
 * @module
 */

import {
  context,
  defaultTextMapSetter,
  propagation,
  SpanKind,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import type { CallSpan, TraceCall } from "../core/tracing.ts";
import type { Propagation } from "./propagation.ts";
import { errorType, failSpan, statusOf } from "./span_error.ts";

/** Options of {@linkcode callSpans}. */
export interface CallSpansOptions {
  /** Creates the spans. */
  readonly tracer: Tracer;
  /** Writes the trace into a request's headers. */
  readonly outgoing: Propagation["outgoing"];
  /** The base URL of AGS. */
  readonly baseUrl: string;
}

/**
 * Runs each request in a child span of the active one: the event's, or one that
 * its handler created. Each retry is a span event with the status of the failed
 * attempt. The name is method and route, without path values or query.
 */
export function callSpans(options: CallSpansOptions): TraceCall {
  const { tracer, outgoing } = options;
  const { hostname, port, protocol } = new URL(options.baseUrl);
  const server = {
    "server.address": hostname,
    "server.port": Number(port) || (protocol === "https:" ? 443 : 80),
  };
  return ({ method, route }, run) => {
    // Otherwise the runtime's own propagator could forward it.
    const parent = propagation.deleteBaggage(context.active());
    const span = tracer.startSpan(`${method} ${route}`, {
      kind: SpanKind.CLIENT,
      attributes: {
        "http.request.method": method,
        "url.template": route,
        ...server,
      },
    }, parent);
    const own = trace.setSpan(parent, span);
    const headers: Record<string, string> = {};
    outgoing.inject(own, headers, defaultTextMapSetter);
    let status: number | undefined;
    let retries = 0;
    const follow: CallSpan = {
      headers,
      answered: (answer) => status = answer,
      retried({ attempt, delay, status: failed }) {
        retries++;
        span.addEvent("retry", {
          "retry.attempt": attempt,
          "retry.delay_ms": Math.round(delay),
          ...(failed !== undefined && { "http.response.status_code": failed }),
        });
        status = undefined;
      },
    };
    return context.with(own, async () => {
      try {
        return await run(follow);
      } catch (error) {
        // HTTP's convention: the status names the error, if there is one.
        const type = String(statusOf(error) ?? errorType(error));
        failSpan(span, { error, type });
        throw error;
      } finally {
        if (status !== undefined) {
          span.setAttribute("http.response.status_code", status);
        }
        if (retries > 0) {
          span.setAttribute("http.request.resend_count", retries);
        }
        span.end();
      }
    });
  };
}

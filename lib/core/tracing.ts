/**
 * Tracing as sources and the AGS client see it. `lib/telemetry/` creates the
 * spans if traces are on.
 *
 * @module
 */

/** How an event arrived. */
export interface Arrival {
  /** A call, a request, or a message that was read. */
  readonly kind: "rpc" | "http" | "message";
  /**
   * What was called or read: `package.Service/Method`, the path of a route, a
   * topic. It has few distinct values.
   */
  readonly name: string;
  /** The value of a header; its name is in lower case. */
  header(name: string): string | undefined;
}

/** A request to AGS, from its first attempt to its last. */
export interface Call {
  /** The HTTP method. */
  readonly method: string;
  /** The path as in the API reference, without ids. */
  readonly route: string;
}

/** A failed attempt that is not the last. */
export interface FailedAttempt {
  /** Its number, from 1. */
  readonly attempt: number;
  /** The delay before the next one, in milliseconds. */
  readonly delay: number;
  /** The HTTP status; `undefined` if there was no answer. */
  readonly status: number | undefined;
}

/** Records the progress of a call. */
export interface CallSpan {
  /** Headers that link AGS's work for the call to the trace. */
  readonly headers: Readonly<Record<string, string>>;
  /** AGS has answered an attempt. */
  answered(status: number): void;
  /** The call is retried. */
  retried(failed: FailedAttempt): void;
}

/** Runs a call in its own span. */
export type TraceCall = <T>(
  call: Call,
  run: (span: CallSpan) => Promise<T>,
) => Promise<T>;

/** An event that is published. */
export interface Publication {
  /** Its topic. */
  readonly topic: string;
  /** Its name. */
  readonly name: string;
}

/**
 * Publishes in its own span; `headers` link the consumers' work to the trace.
 */
export type TracePublish = <T>(
  publication: Publication,
  run: (headers: Readonly<Record<string, string>>) => Promise<T>,
) => Promise<T>;

/** What a span says of what it did. */
export type SpanAttributes = Readonly<Record<string, string | number>>;

/** Runs what no event has asked for within a span of its own. */
export type TraceTask = <T>(
  name: string,
  run: (set: (attributes: SpanAttributes) => void) => Promise<T>,
) => Promise<T>;

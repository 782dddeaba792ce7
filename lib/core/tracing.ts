/**
 * What traces need of sources and of the AGS client. Who makes spans of it is not
 * known here: `lib/telemetry/` does, where traces are on.
 *
 * @module
 */

/** How an event arrived. */
export interface Arrival {
  /** By a call, by a request, or read as a message. */
  readonly kind: "rpc" | "http" | "message";
  /**
   * What was called or read: `package.Service/Method`, the path of a route, a topic. One
   * of few.
   */
  readonly name: string;
  /** The value of a header that came along; its name is in lower case. */
  header(name: string): string | undefined;
}

/** A request to AGS, from its first attempt to its last. */
export interface Call {
  /** The HTTP method. */
  readonly method: string;
  /** The path as the API reference writes it: nobody's id is in it. */
  readonly route: string;
}

/** An attempt that did not do, and is not the last. */
export interface FailedAttempt {
  /** Which one, from 1. */
  readonly attempt: number;
  /** How long until the next one, in milliseconds. */
  readonly delay: number;
  /** The HTTP status; `undefined` when there was no answer. */
  readonly status: number | undefined;
}

/** What is told of a call while it goes on. */
export interface CallSpan {
  /** Headers that tie what AGS does for the call to the trace. */
  readonly headers: Readonly<Record<string, string>>;
  /** AGS has answered an attempt. */
  answered(status: number): void;
  /** The call is sent again. */
  retried(failed: FailedAttempt): void;
}

/** Runs a call within a span of its own. */
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

/** Publishes within a span of its own; `headers` tie what comes of it to the trace. */
export type TracePublish = <T>(
  publication: Publication,
  run: (headers: Readonly<Record<string, string>>) => Promise<T>,
) => Promise<T>;

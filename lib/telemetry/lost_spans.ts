/**
 * Reports lost spans, rarely, however many they are.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";

/** Options of {@linkcode reportLostSpans}. */
export interface LostSpansOptions {
  /** Logs the warnings. */
  readonly log: Logger;
  /** The endpoint of the spans. */
  readonly endpoint: string;
  /** Milliseconds, monotonic. @default {performance.now} */
  readonly now?: () => number;
}

/** Counts lost spans. Disposing reports the rest. */
export interface LostSpans extends Disposable {
  /** A delivery failed. */
  failed(error: Error, spans: number): void;
  /** The queue was full. */
  dropped(spans: number): void;
}

/** The time between two warnings, in milliseconds. */
const INTERVAL = 60_000;

/**
 * Warns at the first loss, then at most once a minute, with the number of spans
 * lost since. It uses no timer: a minute without losses has no report.
 */
export function reportLostSpans(options: LostSpansOptions): LostSpans {
  const { log, endpoint } = options;
  // Its query may contain a key, and errors of requests name the whole URL.
  const shown = endpoint.replace(/[?#].*$/s, "");
  const now = options.now ?? (() => performance.now());
  let undelivered = 0;
  let dropped = 0;
  let lastError: Error | undefined;
  let quietUntil = -Infinity;

  function report(): void {
    if (undelivered + dropped === 0) return;
    quietUntil = now() + INTERVAL;
    log.warn("Spans are lost: Zipkin does not accept them", {
      endpoint: shown,
      undelivered,
      dropped,
      ...(lastError !== undefined && {
        error: plainReason(lastError).replaceAll(endpoint, shown),
      }),
    });
    undelivered = 0;
    dropped = 0;
    lastError = undefined;
  }

  function count(): void {
    if (now() >= quietUntil) report();
  }

  return {
    failed(error, spans) {
      undelivered += spans;
      lastError = error;
      count();
    },
    dropped(spans) {
      dropped += spans;
      count();
    },
    [Symbol.dispose]: report,
  };
}

/** The reason in one line: the stack of a failed request adds nothing. */
function plainReason(error: Error): string {
  const { cause } = error;
  return cause instanceof Error
    ? `${error.message}: ${cause.message}`
    : error.message;
}

/**
 * Says that spans are lost: seldom, however many they are.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";

/** Options of {@linkcode reportLostSpans}. */
export interface LostSpansOptions {
  /** Where the warnings go. */
  readonly log: Logger;
  /** Where the spans were to go. */
  readonly endpoint: string;
  /** Milliseconds, monotonic. @default {performance.now} */
  readonly now?: () => number;
}

/** Counts lost spans. Disposing reports those that have not been. */
export interface LostSpans extends Disposable {
  /** A delivery failed. */
  failed(error: Error, spans: number): void;
  /** The queue was full. */
  dropped(spans: number): void;
}

/** The time between two warnings, in milliseconds. */
const INTERVAL = 60_000;

/**
 * Warns at the first loss, and then once a minute at most, with how many spans were
 * lost since. Without timers: a minute in which nothing is lost says nothing.
 */
export function reportLostSpans(options: LostSpansOptions): LostSpans {
  const { log, endpoint } = options;
  // Its query may be a key, and errors of requests name the whole URL.
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

/** Why in one line: the stack of a request that failed says nothing more. */
function plainReason(error: Error): string {
  const { cause } = error;
  return cause instanceof Error
    ? `${error.message}: ${cause.message}`
    : error.message;
}

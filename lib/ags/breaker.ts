/**
 * Stops asking a server that does not answer.
 *
 * @module
 */

/** Options of {@linkcode createBreaker}. */
export interface BreakerOptions {
  /** Failures in a row that open it. @default {10} */
  readonly threshold?: number;
  /** How long it stays open before one request may try, in milliseconds. @default {5000} */
  readonly coolDown?: number;
  /** Milliseconds, monotonic. @default {performance.now} */
  readonly now?: () => number;
  /** Called when the state has changed. */
  readonly onChanged?: (state: BreakerState) => void;
}

/** `closed`: requests pass. `open`: they do not. `half-open`: one is trying. */
export type BreakerState = "closed" | "open" | "half-open";

/** A circuit breaker. */
export interface Breaker {
  /** Whether requests pass. */
  readonly state: BreakerState;
  /**
   * Asks to send a request. Each one that may is followed by `succeeded`, `failed`
   * or `abandoned`.
   *
   * @returns 0 when it may be sent, else the milliseconds until it is worth asking
   * again.
   */
  enter(): number;
  /** The server answered, whatever it said. */
  succeeded(): void;
  /** The server did not answer, or said that it cannot. */
  failed(): void;
  /** The request was given up for reasons of ours: it says nothing of the server. */
  abandoned(): void;
}

/**
 * Creates a breaker that counts failures in a row: while AGS is down, events are
 * answered at once instead of each waiting out its deadline, and AGS gets one
 * request at a time to show that it is back.
 */
export function createBreaker(options: BreakerOptions = {}): Breaker {
  const { threshold = 10, coolDown = 5_000 } = options;
  const now = options.now ?? (() => performance.now());
  let state: BreakerState = "closed";
  let failures = 0;
  let openedAt = 0;
  let running = 0;

  function become(next: BreakerState): void {
    if (state === next) return;
    state = next;
    options.onChanged?.(next);
  }

  function open(): void {
    become("open");
    openedAt = now();
  }

  return {
    get state() {
      return state;
    },
    enter() {
      if (state !== "closed") {
        const left = openedAt + coolDown - now();
        // A half-open breaker has its one request on the way.
        if (state === "half-open") return Math.max(left, 1);
        if (left > 0) return left;
        become("half-open");
        openedAt = now();
      }
      running++;
      return 0;
    },
    succeeded() {
      running--;
      become("closed");
      failures = 0;
    },
    failed() {
      running--;
      failures++;
      if (state === "half-open" || failures >= threshold) open();
    },
    abandoned() {
      running--;
      // The trial said nothing: let the next request be one. While others run, it
      // may still be one of them, sent before the breaker opened, that was given up.
      if (state === "half-open" && running === 0) {
        become("open");
        openedAt = now() - coolDown;
      }
    },
  };
}

/**
 * A circuit breaker: stops requests to a server that does not answer.
 *
 * @module
 */

/** Options of {@linkcode createBreaker}. */
export interface BreakerOptions {
  /** Consecutive failures that open it. @default {10} */
  readonly threshold?: number;
  /**
   * How long it stays open before it allows a trial request, in milliseconds.
   * @default {5000}
   */
  readonly coolDown?: number;
  /** Milliseconds, monotonic. @default {performance.now} */
  readonly now?: () => number;
  /** Called when the state changes. */
  readonly onChanged?: (state: BreakerState) => void;
}

/**
 * `closed`: requests pass. `open`: they do not. `half-open`: one trial request
 * runs.
 */
export type BreakerState = "closed" | "open" | "half-open";

/** A circuit breaker. */
export interface Breaker {
  /** The current state. */
  readonly state: BreakerState;
  /**
   * Asks for permission to send a request. If granted, the caller must then
   * call `succeeded`, `failed` or `abandoned`.
   *
   * @returns 0 if the request may be sent, else the milliseconds until it is
   * worth asking again.
   */
  enter(): number;
  /** The server answered, with whatever status. */
  succeeded(): void;
  /** The server did not answer, or reported that it cannot. */
  failed(): void;
  /** The request was aborted on this side and says nothing about the server. */
  abandoned(): void;
}

/**
 * Creates a breaker that counts consecutive failures. While AGS is down, events
 * are answered at once instead of each waiting for its deadline, and AGS gets
 * one request at a time to show that it is back.
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
        // A half-open breaker already has its trial request running.
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
      // The trial had no result: let the next request be the trial. While other
      // requests run, the abandoned one may have been sent before the breaker
      // opened.
      if (state === "half-open" && running === 0) {
        become("open");
        openedAt = now() - coolDown;
      }
    },
  };
}

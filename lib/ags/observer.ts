/**
 * What the AGS client tells of its work to whoever measures it.
 *
 * @module
 */

import type { BreakerState } from "./breaker.ts";
import type { RefusedOperation } from "./refused_operations.ts";

/** One HTTP request that has ended. */
export interface EndedExchange {
  /** What was asked: `METHOD /route`, without the values. */
  readonly name: string;
  /**
   * The HTTP status of an answer; else why there is none that counts: `network` (not
   * reached, or broken off), `timeout` (AGS took too long), `deadline` (the event's
   * time was up), `cancelled` (nobody waits any more), `invalid` (an answer that is
   * not JSON or far too large), or `memory` (there was none for the answer in time).
   */
  readonly code: string;
  /** How long it took. */
  readonly milliseconds: number;
}

/** Told what the client does. Must not throw. */
export interface AgsObserver {
  /** An HTTP request has ended, a login included. */
  exchanged(exchange: EndedExchange): void;
  /**
   * A request is about to be sent again.
   *
   * @param name `METHOD /route`, without the values.
   */
  retried(name: string): void;
  /** A login has succeeded, or failed. */
  loggedIn(isSuccess: boolean): void;
  /**
   * The rate limit holds a request back.
   *
   * @param limited For how many milliseconds, and whether it is sent at all.
   */
  rateLimited(
    limited: { readonly milliseconds: number; readonly isSent: boolean },
  ): void;
  /** An operation was refused for reasons that no event can mend. */
  refused(refused: RefusedOperation): void;
  /** The breaker has changed to this state. */
  breakerChanged(state: BreakerState): void;
}

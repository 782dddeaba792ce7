/**
 * Observation of the AGS client, for metrics.
 *
 * @module
 */

import type { BreakerState } from "./breaker.ts";
import type { RefusedOperation } from "./refused_operations.ts";

/** One finished HTTP request. */
export interface EndedExchange {
  /** The request: `METHOD /route`, without values. */
  readonly name: string;
  /**
   * The HTTP status, or why there is no usable answer: `network` (unreachable,
   * or the connection broke), `timeout` (AGS took too long), `deadline` (the
   * event's deadline passed), `cancelled` (nobody waits any more), `invalid`
   * (the answer is not JSON or far too large), or `memory` (there was no memory
   * for the answer in time).
   */
  readonly code: string;
  /** How long it took. */
  readonly milliseconds: number;
}

/** Observes the client. Must not throw. */
export interface AgsObserver {
  /** An HTTP request has ended; logins count as well. */
  exchanged(exchange: EndedExchange): void;
  /**
   * A request is about to be retried.
   *
   * @param name `METHOD /route`, without values.
   */
  retried(name: string): void;
  /** A login has succeeded, or failed. */
  loggedIn(isSuccess: boolean): void;
  /**
   * The rate limit delays or refuses a request.
   *
   * @param limited The delay in milliseconds, and whether the request is sent
   * at all.
   */
  rateLimited(
    limited: { readonly milliseconds: number; readonly isSent: boolean },
  ): void;
  /** An operation was refused for a reason outside the event. */
  refused(refused: RefusedOperation): void;
  /** The breaker has changed to this state. */
  breakerChanged(state: BreakerState): void;
}

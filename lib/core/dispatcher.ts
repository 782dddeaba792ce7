/**
 * The pipe between a source and a handler.
 *
 * @module
 */

import type { Event } from "./event.ts";
import type { Digest } from "./event_id.ts";
import type { ClaimResult } from "./idempotency_store.ts";
import type { Lease } from "./lease.ts";
import type { MemoryShare } from "./memory_budget.ts";
import type { Handler } from "./on.ts";
import type { Result } from "./outcome.ts";
import type { Arrival } from "./tracing.ts";

/** One event on its way to its handler. */
export interface Delivery {
  /** The event. Its `data` is `undefined` when it does not decode. */
  readonly event: Event;
  /** Who handles it. */
  readonly handler: Handler;
  /**
   * What its handler is called, where several handle this event: each has a claim,
   * attempts and a dead letter of its own.
   */
  readonly sharedAs?: string | undefined;
  /**
   * What the app routed it by, one of a fixed few, and so what a metric labels it
   * with: the event's type, or the `channel.*` of a channel with open names.
   */
  readonly route: string;
  /** Which source delivered it: a metric label, such as `grpc`. */
  readonly source: string;
  /**
   * Ends the event early: deadline, caller's cancel and shutdown all abort this one
   * controller, with an error of `errors.ts` as the reason; the first one counts.
   */
  readonly controller: AbortController;
  /** When the caller stops waiting, or the handler's time is up: epoch milliseconds. */
  deadline: number | undefined;
  /** Which run of this event this is, from 1, as far as is known here. */
  attempt: number;
  /** Whether it was run: its handler was called, and `attempt` says which time. */
  isRun?: boolean;
  /** What claiming it found; `undefined` where nothing remembers, or not yet asked. */
  claim?: ClaimResult | undefined;
  /** The claim that it is run under; `undefined` where nothing remembers events. */
  lease?: Lease | undefined;
  /** When the first run began, in milliseconds since the epoch, if it is known. */
  firstAt: number | undefined;
  /** An operator sends the event again: it is run although it was set aside. */
  readonly isReplay: boolean;
  /** What it takes of the memory for events, where its source counts. */
  readonly share?: MemoryShare | undefined;
  /** Whether there is no memory to decode it now: it is not to go on. */
  readonly isOverloaded?: boolean;
  /** The message as it arrived, where the source has it. */
  readonly bytes?: Uint8Array | undefined;
  /** What is known of a message that is not kept. */
  readonly digest?: Digest | undefined;
  /**
   * Why its handler is not to be called: the last step throws it in its place. What
   * arrived does not decode, for instance.
   */
  readonly refusal?: unknown;
  /**
   * Makes the source's answer of what the handler returned; `undefined` for events
   * that are answered with nothing. What it throws is the handler's error.
   */
  readonly encode: ((value: unknown) => unknown) | undefined;
  /** How it arrived, where its source tells. */
  readonly arrival?: Arrival | undefined;
  /** The trace it belongs to, once that is known: 32 hexadecimal digits. */
  traceId?: string | undefined;
}

/**
 * The same delivery, whose handler is not to be called. What is learnt of its run is
 * kept where it was: the policies outside see it.
 *
 * @param delivery The delivery.
 * @param refusal What the last step throws in the handler's place.
 */
export function refusing(delivery: Delivery, refusal: unknown): Delivery {
  return {
    ...delivery,
    refusal,
    get attempt() {
      return delivery.attempt;
    },
    set attempt(attempt) {
      delivery.attempt = attempt;
    },
    get firstAt() {
      return delivery.firstAt;
    },
    set firstAt(time) {
      delivery.firstAt = time;
    },
    get claim() {
      return delivery.claim;
    },
    set claim(claim) {
      delivery.claim = claim;
    },
  };
}

/** The rest of the pipe. Resolves always: what is thrown has become a result. */
export type Next = (delivery: Delivery) => Promise<Result>;

/** One policy around every handler: observe it, refuse it, end it, remember it. */
export type Middleware = (delivery: Delivery, next: Next) => Promise<Result>;

/**
 * Puts middleware around a last step, the first one outermost.
 *
 * Composed once at start-up: an event pays for the calls, not for the chain.
 */
export function compose(middleware: readonly Middleware[], last: Next): Next {
  return middleware.reduceRight<Next>(
    (next, outer) => (delivery) => outer(delivery, next),
    last,
  );
}

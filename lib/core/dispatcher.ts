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
  /** The event. Its `data` is `undefined` if it does not decode. */
  readonly event: Event;
  /** The handler. */
  readonly handler: Handler;
  /**
   * The handler's name, if several handle this event. Each has its own claim,
   * attempts and dead letter.
   */
  readonly sharedAs?: string | undefined;
  /**
   * The route: the event's type, or `channel.*` for a channel with open names.
   * It is one of a fixed set, so metrics use it as a label.
   */
  readonly route: string;
  /** The source that delivered it: a metric label, such as `grpc`. */
  readonly source: string;
  /**
   * Aborts the event early. Deadline, cancellation and shutdown all abort this
   * one controller, with an error of `errors.ts` as the reason; the first one
   * counts.
   */
  readonly controller: AbortController;
  /**
   * The earlier of the caller's deadline and the handler's timeout: epoch
   * milliseconds.
   */
  deadline: number | undefined;
  /** Which run of this event this is, from 1, as far as known. */
  attempt: number;
  /** Whether the handler was called; `attempt` then says which run it was. */
  isRun?: boolean;
  /**
   * The result of the claim; `undefined` without a store, or before the claim.
   */
  claim?: ClaimResult | undefined;
  /** The claim under which it runs; `undefined` without a store. */
  lease?: Lease | undefined;
  /** When the first run began, in milliseconds since the epoch, if known. */
  firstAt: number | undefined;
  /**
   * Whether an operator replays the event: it then runs although it is a dead
   * letter.
   */
  readonly isReplay: boolean;
  /** Its share of the event memory, if the source counts. */
  readonly share?: MemoryShare | undefined;
  /**
   * Whether there is no memory to decode it: it is then refused as overloaded.
   */
  readonly isOverloaded?: boolean;
  /** The message as it arrived, if the source has it. */
  readonly bytes?: Uint8Array | undefined;
  /** Size and hash of a message that is not kept. */
  readonly digest?: Digest | undefined;
  /**
   * Why the handler must not be called; the last step throws it instead. For
   * example, the message does not decode.
   */
  readonly refusal?: unknown;
  /**
   * Encodes the handler's return value as the source's answer; `undefined` for
   * events without an answer. An error that it throws counts as the handler's.
   */
  readonly encode: ((value: unknown) => unknown) | undefined;
  /** How it arrived, if the source says. */
  readonly arrival?: Arrival | undefined;
  /** Its trace id, once known: 32 hexadecimal digits. */
  traceId?: string | undefined;
}

/**
 * The same delivery, with a handler that must not be called. It writes run
 * state to the original, so that outer policies see it.
 *
 * @param delivery The delivery.
 * @param refusal The error that the last step throws instead of calling the
 * handler.
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

/** The rest of the pipe. Always resolves: errors have become results. */
export type Next = (delivery: Delivery) => Promise<Result>;

/**
 * One policy around every handler, such as observe, refuse, time out or
 * deduplicate.
 */
export type Middleware = (delivery: Delivery, next: Next) => Promise<Result>;

/**
 * Wraps a last step in middleware, the first one outermost.
 *
 * Composed once at start, so that events do not pay for building the chain.
 */
export function compose(middleware: readonly Middleware[], last: Next): Next {
  return middleware.reduceRight<Next>(
    (next, outer) => (delivery) => outer(delivery, next),
    last,
  );
}

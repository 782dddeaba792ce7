/**
 * The interface of stores that remember which events are done.
 *
 * @module
 */

import { RetryableError } from "./errors.ts";

/**
 * Failures of an event, as counted by the middleware; a store only keeps them.
 */
export interface Tally {
  /** Failed runs that count towards `MAX_ATTEMPTS`. */
  readonly failures: number;
  /**
   * When the last of them was counted, in milliseconds since the epoch; 0 if
   * never.
   */
  readonly countedAt: number;
}

/** The tally of an event that has not failed. */
export const NO_FAILURES: Tally = { failures: 0, countedAt: 0 };

/**
 * How an event ended. `done`: it was handled. `dead_letter`: it was rejected or
 * exhausted, and only an operator's replay runs it again.
 */
export type Ending = "done" | "dead_letter";

/** The result of a claim. */
export type Claim =
  | {
    /** The caller runs the event, until its lease ends. */
    readonly state: "claimed";
    /** Which run of the event this is, from 1. */
    readonly attempt: number;
    /**
     * Its failures so far. A run that never reported its result counts as one.
     */
    readonly tally: Tally;
    /** When it was first claimed, in milliseconds since the epoch. */
    readonly firstAt: number;
  }
  | {
    /** Another run of the event is active. */
    readonly state: "held";
    /** Milliseconds until that claim expires. */
    readonly retryAfter: number;
  }
  | {
    /** The event must not run. */
    readonly state: Ending;
  };

/**
 * The result of a claim in logs and spans: the store's result, or `shared` (it
 * waits for a run of the event in this process and shares its result) or
 * `unknown` (the store did not answer).
 */
export type ClaimResult = Claim["state"] | "shared" | "unknown";

/** The owner of a claim. */
export interface Holder {
  /**
   * Identifies one run: new for each run, and never reused for another key. It
   * prevents a run from ending a claim that another run has taken meanwhile.
   */
  readonly token: string;
}

/** Options of {@linkcode IdempotencyStore.claim}. */
export interface ClaimOptions extends Holder {
  /** How long the claim lasts without renewal, in milliseconds. */
  readonly lease: number;
  /** How long to remember the event after its last run, in milliseconds. */
  readonly ttl: number;
  /** Also claims dead letters, and resets their failures. @default {false} */
  readonly isReplay?: boolean;
}

/** Options of {@linkcode IdempotencyStore.renew}. */
export interface RenewOptions extends Holder {
  /** How long the claim lasts from now on, in milliseconds. */
  readonly lease: number;
}

/** Options of {@linkcode IdempotencyStore.complete}. */
export interface CompleteOptions extends Holder {
  /** How the event ended. */
  readonly ending: Ending;
  /** How long to remember it, in milliseconds. */
  readonly ttl: number;
}

/** Options of {@linkcode IdempotencyStore.release}. */
export interface ReleaseOptions extends Holder {
  /** The event's failures, with this one if it counts. */
  readonly tally: Tally;
  /** How long to remember them, in milliseconds. */
  readonly ttl: number;
}

/**
 * Remembers which events are running, done, or dead letters.
 *
 * Every operation is atomic among all users of the store, may be repeated with
 * the same arguments, and settles within the store's own timeout. It rejects if
 * the store does not answer; it is then unknown whether the operation happened.
 *
 * `lib/idempotency/conformance.ts` has checks of these rules for any store.
 */
export interface IdempotencyStore extends AsyncDisposable {
  /** A metric label, such as `redis`. */
  readonly name: string;
  /**
   * Claims an event before it runs. A token that already holds the claim gets
   * the same claim again.
   */
  claim(key: string, options: ClaimOptions): Promise<Claim>;
  /** Extends a claim. Returns false if another run holds it by now. */
  renew(key: string, options: RenewOptions): Promise<boolean>;
  /**
   * Ends an event permanently, even if its lease has expired or the store has
   * forgotten it. Returns false, and changes nothing, if another run is active
   * or the event ended differently.
   */
  complete(key: string, options: CompleteOptions): Promise<boolean>;
  /**
   * Ends a claim so that the event can run again. Returns false, and changes
   * nothing, if another run is active or the event has ended.
   */
  release(key: string, options: ReleaseOptions): Promise<boolean>;
}

/**
 * The store cannot say whether an event is done: it does not run, and is
 * delivered again.
 */
export class StoreError extends RetryableError {
  /** What logs call it. */
  override name = "StoreError";
}

/**
 * Another run holds the claim of the event: this run ends, or does not begin.
 */
export class ClaimError extends RetryableError {
  /** What logs call it. */
  override name = "ClaimError";
}

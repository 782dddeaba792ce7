/**
 * What remembers which events are done: one interface for every store.
 *
 * @module
 */

import { RetryableError } from "./errors.ts";

/** Failures of an event, as the middleware counts them: a store only keeps them. */
export interface Tally {
  /** Failed runs that count towards `MAX_ATTEMPTS`. */
  readonly failures: number;
  /** When the last of them was counted, in milliseconds since the epoch; 0: never. */
  readonly countedAt: number;
}

/** The tally of an event that never failed. */
export const NO_FAILURES: Tally = { failures: 0, countedAt: 0 };

/**
 * How an event ended for good. `done`: it was handled. `dead_letter`: it was rejected
 * or exhausted, and only an operator's replay runs it again.
 */
export type Ending = "done" | "dead_letter";

/** What a claim found. */
export type Claim =
  | {
    /** The event is the caller's to run, until its lease ends. */
    readonly state: "claimed";
    /** Which run of the event this is, from 1. */
    readonly attempt: number;
    /** Its failures so far. A run that never reported back counts as one. */
    readonly tally: Tally;
    /** When it was first claimed, in milliseconds since the epoch. */
    readonly firstAt: number;
  }
  | {
    /** Somebody else is running the event. */
    readonly state: "held";
    /** Milliseconds until that claim ends by itself. */
    readonly retryAfter: number;
  }
  | {
    /** The event is not to be run. */
    readonly state: Ending;
  };

/**
 * What claiming a delivery's event found, as logs and spans have it: what the store
 * says, or `shared` (it waits for a run of the event in this process, whose result it
 * shares) or `unknown` (the store did not say).
 */
export type ClaimResult = Claim["state"] | "shared" | "unknown";

/** Whose claim it is. */
export interface Holder {
  /**
   * Names one run: a new one for each, never reused for another key. What others
   * claimed meanwhile is not theirs to end: the token tells the runs apart.
   */
  readonly token: string;
}

/** Options of {@linkcode IdempotencyStore.claim}. */
export interface ClaimOptions extends Holder {
  /** How long the claim holds without being renewed, in milliseconds. */
  readonly lease: number;
  /** How long to remember the event after its last run, in milliseconds. */
  readonly ttl: number;
  /** Also claims what was set aside, and forgets its failures. @default {false} */
  readonly isReplay?: boolean;
}

/** Options of {@linkcode IdempotencyStore.renew}. */
export interface RenewOptions extends Holder {
  /** How long the claim holds from now on, in milliseconds. */
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
 * Remembers which events are being run, done, or set aside.
 *
 * Every operation is atomic among all users of the store, may be repeated with the
 * same arguments, and settles within a time of the store's own. It rejects when the
 * store cannot say: whether it has happened is then unknown.
 *
 * `lib/idempotency/conformance.ts` has the rules as checks that any store can run.
 */
export interface IdempotencyStore extends AsyncDisposable {
  /** A metric label, such as `redis`. */
  readonly name: string;
  /**
   * Claims an event before it is run. A token that holds the claim already gets the
   * same claim again.
   */
  claim(key: string, options: ClaimOptions): Promise<Claim>;
  /** Lets a claim hold longer. False: it is somebody else's by now. */
  renew(key: string, options: RenewOptions): Promise<boolean>;
  /**
   * Ends an event for good, also when its lease has ended or the store has forgotten
   * it meanwhile: it did end. False, and nothing changes: somebody else is running
   * it, or it has ended otherwise.
   */
  complete(key: string, options: CompleteOptions): Promise<boolean>;
  /**
   * Ends a claim so that the event can be run again. False, and nothing changes:
   * somebody else is running it, or it has ended.
   */
  release(key: string, options: ReleaseOptions): Promise<boolean>;
}

/** The store cannot say whether an event is done: it is not run, and comes again. */
export class StoreError extends RetryableError {
  /** What logs call it. */
  override name = "StoreError";
}

/** The claim of an event is somebody else's: this run ends, or does not begin. */
export class ClaimError extends RetryableError {
  /** What logs call it. */
  override name = "ClaimError";
}

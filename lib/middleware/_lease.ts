/**
 * Keeps the claim of a running event.
 *
 * @module
 */

import type { Delivery } from "../core/dispatcher.ts";
import { DeadlineError } from "../core/errors.ts";
import {
  ClaimError,
  type IdempotencyStore,
} from "../core/idempotency_store.ts";
import type { Lease } from "../core/lease.ts";

/** A claim that is being kept. Disposing stops that; the claim then runs out. */
export interface KeptLease extends Lease, Disposable {
  /** When it ends, as far as is known here, by the clock it was given. */
  readonly endsAt: number;
}

/** Options of {@linkcode keepLease}. */
export interface LeaseOptions {
  /** Where the claim is. */
  readonly store: IdempotencyStore;
  /** The event's key. */
  readonly key: string;
  /** Whose claim it is. */
  readonly token: string;
  /** How long one lease is, in milliseconds. */
  readonly length: number;
  /** When the claim was asked for: the lease began no earlier. */
  readonly since: number;
  /** When the event's time is up; infinite without a deadline. */
  readonly until: number;
  /** Milliseconds, monotonic: what the times above and `endsAt` are measured by. */
  readonly clock: () => number;
  /**
   * Called shortly before the claim of an event runs out that was answered while its
   * handler goes on: the process is alive, and can say how the event ended.
   */
  readonly onRunningOut: () => void;
}

/**
 * How long a claim outlasts its event's time, in milliseconds: for a handler that
 * heeds its signal late, and for telling the store.
 */
const MARGIN = 10_000;

/** How long before its end a claim that nobody renews is given back, in milliseconds. */
const HEAD_START = 1_000;

/**
 * How long to claim an event for: its time and a little more, or `longest` where
 * that is shorter; the claim is then renewed while the event runs.
 */
export function leaseLength(
  timeLeft: number,
  { longest }: { readonly longest: number },
): number {
  return Math.min(longest, Math.max(timeLeft, 0) + MARGIN);
}

/**
 * Renews a claim until the event's signal ends: what does not heed that is left
 * alone, and its claim runs out. A claim that is lost ends the event: somebody else
 * may run it by now.
 */
export function keepLease(
  delivery: Delivery,
  options: LeaseOptions,
): KeptLease {
  const { store, key, token, length, since, until, clock } = options;
  const { controller } = delivery;
  const { signal } = controller;
  /** How much of it is left at least, as long as it can be renewed. */
  const reserve = Math.min(MARGIN / 2, length / 3);
  let endsAt = since + length;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let renewing: Promise<void> | undefined;
  let isStopped = false;

  function schedule(): void {
    if (isStopped || signal.aborted || until + reserve <= endsAt) return;
    const left = Math.max(0, endsAt - clock());
    timer = setTimeout(onTime, Math.min(length / 3, left));
  }

  async function onTime(): Promise<void> {
    try {
      await renew();
    } catch (error) {
      // Where the store did not say, the claim holds until its time is up.
      if (!isStopped && clock() >= endsAt) controller.abort(error);
    }
    schedule();
  }

  /** Renews it once, whoever asks. */
  function renew(): Promise<void> {
    return renewing ??= ask().finally(() => renewing = undefined);
  }

  async function ask(): Promise<void> {
    const asked = clock();
    let isOwn: boolean;
    try {
      isOwn = await store.renew(key, { token, lease: length });
    } catch (cause) {
      throw new ClaimError("Claim of the event could not be renewed", {
        cause,
      });
    }
    if (isOwn) endsAt = asked + length;
    else {
      const lost = new ClaimError(
        "Claim of the event was lost while it was handled",
      );
      if (!isStopped) controller.abort(lost);
      throw lost;
    }
  }

  function onEnded(): void {
    clearTimeout(timer);
    const left = endsAt - Math.min(HEAD_START, length / 6) - clock();
    timer = setTimeout(options.onRunningOut, Math.max(0, left));
  }

  signal.addEventListener("abort", onEnded, { once: true });
  schedule();
  return {
    get endsAt() {
      return endsAt;
    },
    confirm() {
      // A loop that was blocked has not heard yet what its timers have to say.
      if (clock() >= until) {
        controller.abort(new DeadlineError("Event's time is up"));
      }
      signal.throwIfAborted();
      return clock() + reserve <= endsAt ? undefined : renew();
    },
    [Symbol.dispose]() {
      isStopped = true;
      clearTimeout(timer);
      signal.removeEventListener("abort", onEnded);
    },
  };
}

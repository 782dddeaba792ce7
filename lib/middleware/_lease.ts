/**
 * Renews the claim of a running event.
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

/**
 * A claim that is being renewed. Disposing stops the renewal; the claim then
 * expires.
 */
export interface KeptLease extends Lease, Disposable {
  /** When it ends, as far as known here, by the clock it was given. */
  readonly endsAt: number;
}

/** Options of {@linkcode keepLease}. */
export interface LeaseOptions {
  /** The store that holds the claim. */
  readonly store: IdempotencyStore;
  /** The event's key. */
  readonly key: string;
  /** The holder's token. */
  readonly token: string;
  /** Length of one lease, in milliseconds. */
  readonly length: number;
  /** When the claim was requested: the lease did not begin earlier. */
  readonly since: number;
  /** The event's deadline; infinite without one. */
  readonly until: number;
  /** Milliseconds, monotonic: the clock of the times above and of `endsAt`. */
  readonly clock: () => number;
  /**
   * Called shortly before the claim expires of an event that was answered while
   * its handler continues: the process is alive and can still report the
   * result.
   */
  readonly onRunningOut: () => void;
}

/**
 * How long a claim outlasts its event's deadline, in milliseconds: for a
 * handler that ends late, and for updating the store.
 */
const MARGIN = 10_000;

/** How long before its end an unrenewed claim is released, in milliseconds. */
const HEAD_START = 1_000;

/**
 * How long to claim an event: until its deadline plus a margin, or `longest` if
 * that is shorter; the claim is then renewed while the event runs.
 */
export function leaseLength(
  timeLeft: number,
  { longest }: { readonly longest: number },
): number {
  return Math.min(longest, Math.max(timeLeft, 0) + MARGIN);
}

/**
 * Renews a claim until the event's signal aborts. If the handler ignores the
 * signal, the claim expires. A lost claim aborts the event, because another run
 * may have it by now.
 */
export function keepLease(
  delivery: Delivery,
  options: LeaseOptions,
): KeptLease {
  const { store, key, token, length, since, until, clock } = options;
  const { controller } = delivery;
  const { signal } = controller;
  /** The least remaining time, as long as the claim can be renewed. */
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
      // If the store did not answer, the claim holds until it expires.
      if (!isStopped && clock() >= endsAt) controller.abort(error);
    }
    schedule();
  }

  /** Renews it; concurrent callers share one request. */
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
      // A blocked event loop has not run its timers yet.
      if (clock() >= until) {
        controller.abort(new DeadlineError("Event's deadline has passed"));
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

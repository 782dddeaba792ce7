/**
 * Keeps the claim of a running event.
 *
 * @module
 */

import type { Delivery } from "../core/dispatcher.ts";
import {
  ClaimError,
  type IdempotencyStore,
} from "../core/idempotency_store.ts";

/** A claim that is being kept. Disposing stops that; the claim then runs out. */
export interface Lease extends Disposable {
  /** When it ends, as far as is known here, in milliseconds since the epoch. */
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
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * How long a claim outlasts its event's time, in milliseconds: for a handler that
 * heeds its signal late, and for telling the store.
 */
const MARGIN = 10_000;

/**
 * How long to claim an event for: its time and a little more, or `longest` where
 * that is shorter; the claim is then renewed while the event runs.
 */
export function leaseLength(
  { deadline }: Delivery,
  options: { readonly longest: number; readonly now: number },
): number {
  const { longest, now } = options;
  if (deadline === undefined) return longest;
  return Math.min(longest, Math.max(deadline - now, 0) + MARGIN);
}

/**
 * Renews a claim until the event's signal ends: what does not heed that is left
 * alone, and its claim runs out. A claim that is lost ends the event: somebody else
 * may run it by now.
 */
export function keepLease(delivery: Delivery, options: LeaseOptions): Lease {
  const { store, key, token, length, since, now } = options;
  const { controller } = delivery;
  let endsAt = since + length;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;

  function schedule(): void {
    const isEnough = delivery.deadline !== undefined &&
      delivery.deadline < endsAt;
    if (isEnough || isStopped || controller.signal.aborted) return;
    timer = setTimeout(renew, length / 3);
  }

  async function renew(): Promise<void> {
    if (controller.signal.aborted) return;
    const asked = now();
    let isOwn: boolean;
    try {
      isOwn = await store.renew(key, { token, lease: length });
      if (isOwn) endsAt = asked + length;
    } catch {
      // Not known: the claim holds until its time is up, and may be renewed by then.
      isOwn = now() < endsAt;
    }
    if (isStopped) return;
    if (isOwn) schedule();
    else {
      controller.abort(
        new ClaimError("Claim of the event was lost while it was handled"),
      );
    }
  }

  schedule();
  return {
    get endsAt() {
      return endsAt;
    },
    [Symbol.dispose]() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

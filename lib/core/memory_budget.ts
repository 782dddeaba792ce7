/**
 * One bound on the memory of all decoded events, from every source.
 *
 * The size in bytes says little about memory: two bytes can become an object of
 * a hundred. So the cost is estimated before decoding (`json_cost.ts`,
 * `lib/events/message_cost.ts`), and the event takes a share of the budget
 * until nothing needs it any more.
 *
 * @module
 */

import { TerminalError } from "./errors.ts";

/** A part of the budget. Disposing returns it, unless somebody retains it. */
export interface MemoryShare extends Disposable {
  /** Its size, in bytes. */
  readonly bytes: number;
  /** Returns everything but this many bytes. */
  shrink(bytes: number): void;
  /**
   * Keeps the share for a user that may outlive the one that took it.
   *
   * @returns Ends the retention.
   */
  retain(): Disposable;
}

/** A memory budget that is divided into shares. */
export interface MemoryBudget {
  /** The total, in bytes; never exceeded. */
  readonly limit: number;
  /** What is taken, in bytes. */
  readonly used: number;
  /** How many wait for a share. */
  readonly waiting: number;
  /**
   * Takes a share if one is available now.
   *
   * @param bytes How much.
   * @returns The share; `undefined` if not enough is left.
   */
  tryTake(bytes: number): MemoryShare | undefined;
  /**
   * Takes a share, waiting until one is available: first come, first served.
   *
   * @param bytes How much.
   * @param signal Ends the wait; rejects with its reason.
   * @returns The share.
   * @throws {RangeError} It exceeds the total.
   */
  take(bytes: number, signal: AbortSignal): Promise<MemoryShare>;
}

/**
 * The error of an event that alone exceeds the budget: it can never be decoded.
 *
 * @param bytes The memory it would take.
 * @param budget The budget.
 */
export function tooDear(
  bytes: number,
  { limit }: Pick<MemoryBudget, "limit">,
): TerminalError {
  return new TerminalError(
    `Event would take ${bytes} bytes of memory: expected at most ${limit}, EVENT_MEMORY_BYTES`,
  );
}

/** Somebody who waits. */
interface Waiter {
  readonly bytes: number;
  readonly give: (share: MemoryShare) => void;
  /** How many others were served meanwhile. */
  overtaken: number;
}

/**
 * How many may be served before a waiter: small shares do not have to wait for
 * a large one, and a large one does not wait for ever.
 */
const MAX_OVERTAKERS = 1_000;

/**
 * Creates a budget.
 *
 * A holder of a share must not wait for another one of the same budget, because
 * holders would then deadlock.
 *
 * @param limit The total, in bytes.
 * @returns An unused budget.
 */
export function createMemoryBudget(limit: number): MemoryBudget {
  const waiters = new Set<Waiter>();
  let used = 0;

  function share(taken: number): MemoryShare {
    used += taken;
    let bytes = taken;
    let holders = 0;
    const retain = (): Disposable => {
      holders++;
      let isHeld = true;
      return {
        [Symbol.dispose]() {
          if (!isHeld) return;
          isHeld = false;
          if (--holders > 0) return;
          const last = bytes;
          bytes = 0;
          giveBack(last);
        },
      };
    };
    const own = retain();
    return {
      get bytes() {
        return bytes;
      },
      shrink(kept) {
        const less = bytes - kept;
        if (less <= 0) return;
        bytes = kept;
        giveBack(less);
      },
      retain,
      [Symbol.dispose]: () => own[Symbol.dispose](),
    };
  }

  function giveBack(bytes: number): void {
    used -= bytes;
    for (const waiter of waiters) {
      if (used + waiter.bytes > limit) return;
      waiters.delete(waiter);
      waiter.give(share(waiter.bytes));
    }
  }

  function tryTake(bytes: number): MemoryShare | undefined {
    if (used + bytes > limit) return undefined;
    const [first] = waiters;
    if (first !== undefined && ++first.overtaken > MAX_OVERTAKERS) {
      return undefined;
    }
    return share(bytes);
  }

  async function take(
    bytes: number,
    signal: AbortSignal,
  ): Promise<MemoryShare> {
    if (bytes > limit) {
      throw new RangeError(
        `Share of ${bytes} bytes exceeds the budget: expected at most ${limit}`,
      );
    }
    signal.throwIfAborted();
    const taken = waiters.size === 0 ? tryTake(bytes) : undefined;
    return taken ?? await untilGiven(bytes, signal);
  }

  function untilGiven(
    bytes: number,
    signal: AbortSignal,
  ): Promise<MemoryShare> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        waiters.delete(waiter);
        reject(signal.reason);
        // The next waiter may need less.
        giveBack(0);
      };
      const waiter: Waiter = {
        bytes,
        overtaken: 0,
        give(share) {
          signal.removeEventListener("abort", onAbort);
          resolve(share);
        },
      };
      waiters.add(waiter);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  return {
    limit,
    get used() {
      return used;
    },
    get waiting() {
      return waiters.size;
    },
    tryTake,
    take,
  };
}

/**
 * One bound for what decoded events hold at once, wherever they come from.
 *
 * Bytes say little of memory: two of them can make an object of a hundred. So what is
 * decoded is counted before, in what it will take (`json_cost.ts`,
 * `lib/events/message_cost.ts`), and takes a share of the budget until nobody needs it
 * any more.
 *
 * @module
 */

import { TerminalError } from "./errors.ts";

/** A part of the budget. Disposing gives it back, unless somebody retains it. */
export interface MemoryShare extends Disposable {
  /** How much it is, in bytes. */
  readonly bytes: number;
  /** Gives back all of it but so many bytes. */
  shrink(bytes: number): void;
  /**
   * Keeps the share, for somebody who may need it longer than the one who took it.
   *
   * @returns What ends that.
   */
  retain(): Disposable;
}

/** Memory that is shared out. */
export interface MemoryBudget {
  /** All there is, in bytes. More than that is never given. */
  readonly limit: number;
  /** What is taken, in bytes. */
  readonly used: number;
  /** How many wait for their share. */
  readonly waiting: number;
  /**
   * Takes a share if there is one now.
   *
   * @param bytes How much.
   * @returns The share; `undefined` when there is not as much left.
   */
  tryTake(bytes: number): MemoryShare | undefined;
  /**
   * Takes a share, and waits until there is one: first come, first served.
   *
   * @param bytes How much.
   * @param signal Ends the wait: rejects with its reason.
   * @returns The share.
   * @throws {RangeError} It is more than all there is.
   */
  take(bytes: number, signal: AbortSignal): Promise<MemoryShare>;
}

/**
 * Why an event is malformed that alone takes more than there is: it never will be
 * decoded.
 *
 * @param bytes What it would take.
 * @param budget All there is.
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
  /** How often others were served meanwhile. */
  overtaken: number;
}

/**
 * How many may be served before somebody who waits: small shares do not have to wait
 * for a large one, and a large one does not wait for ever.
 */
const MAX_OVERTAKERS = 1_000;

/**
 * Makes a budget.
 *
 * Whoever holds a share must not wait for another one of the same budget: if all did,
 * none would go on.
 *
 * @param limit All there is, in bytes.
 * @returns The budget; nothing of it is taken.
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
        `Share of ${bytes} bytes is more than there is: expected at most ${limit}`,
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
        // Whoever is behind it may need less.
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

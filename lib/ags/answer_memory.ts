/**
 * One bound for what AGS's answers hold at once, counted in what they take.
 *
 * Each event may hold a little without asking anybody: that is what nearly all need.
 * What is more comes out of one budget for all events, and is given back when the
 * event's handler has ended: until then nobody knows whether it still needs it.
 *
 * Events that hold some of it and wait for more could wait for each other, for ever. So
 * one event at a time may take from a reserve: it ends, and what it held serves others.
 *
 * @module
 */

import {
  createMemoryBudget,
  type MemoryBudget,
  type MemoryShare,
} from "../core/memory_budget.ts";

/** How much there is, in bytes of memory. */
export interface AnswerMemoryOptions {
  /** For each event, beside what all share. @default {64 KiB} */
  readonly free?: number;
  /** For all events together. @default {16 MiB} */
  readonly shared?: number;
  /** For one event at a time that waits for more. @default {16 MiB} */
  readonly reserve?: number;
}

/** The memory of all events. */
export interface AnswerMemory {
  /**
   * Opens an event's account.
   *
   * @param ending Ends when the event's handler has. Without it nothing is kept.
   */
  open(ending?: DisposableStack): AnswerAccount;
}

/** What one event holds. */
export interface AnswerAccount {
  /**
   * Takes memory for an answer that is to be read, and waits until there is some.
   *
   * @param bytes How much.
   * @param signal Ends the wait: rejects with its reason.
   */
  take(bytes: number, signal: AbortSignal): Promise<MemoryShare>;
  /** Keeps so much of it until the event's handler has ended. */
  keep(share: MemoryShare, bytes: number): void;
}

const KILOBYTE = 1024;
const MEGABYTE = 1024 * KILOBYTE;

/** Creates the memory. Nothing of it is taken. */
export function createAnswerMemory(
  options: AnswerMemoryOptions = {},
): AnswerMemory {
  const { free = 64 * KILOBYTE } = options;
  const shared = createMemoryBudget(options.shared ?? 16 * MEGABYTE);
  const reserve = createMemoryBudget(options.reserve ?? 16 * MEGABYTE);
  /** The right to take from the reserve. */
  const turns = createMemoryBudget(1);
  return {
    open: (ending) => openAccount({ free, shared, reserve, turns }, ending),
  };
}

interface Budgets {
  readonly free: number;
  readonly shared: MemoryBudget;
  readonly reserve: MemoryBudget;
  readonly turns: MemoryBudget;
}

function openAccount(
  { free, shared, reserve, turns }: Budgets,
  ending: DisposableStack | undefined,
): AnswerAccount {
  const own = createMemoryBudget(free);
  const held = new Set<MemoryShare>();
  /** Resolves when it is this event's turn. */
  const turn = Promise.withResolvers<"turn">();
  let isTurn = false;
  let isOpen = ending !== undefined && !ending.disposed;
  if (isOpen) {
    ending?.defer(() => {
      isOpen = false;
      for (const share of held) share[Symbol.dispose]();
      held.clear();
    });
  }

  function begin(share: MemoryShare): void {
    if (isTurn || !isOpen) return share[Symbol.dispose]();
    isTurn = true;
    held.add(share);
    turn.resolve("turn");
  }

  /** Waits for a share of what all events have, or for its turn. */
  async function wait(
    bytes: number,
    signal: AbortSignal,
  ): Promise<MemoryShare> {
    using over = endWith(signal);
    const share = shared.take(bytes, over.signal);
    const next = turns.take(1, over.signal);
    let first: "share" | "next" | "turn";
    try {
      first = await Promise.race([
        share.then(() => "share" as const),
        next.then(() => "next" as const),
        turn.promise,
      ]);
    } catch (error) {
      giveBack(share);
      giveBack(next);
      throw error;
    } finally {
      over.end();
    }
    if (first === "next") begin(await next);
    else giveBack(next);
    if (first === "share") return await share;
    giveBack(share);
    return await reserve.take(bytes, signal);
  }

  return {
    async take(bytes, signal) {
      const share = own.tryTake(bytes) ?? shared.tryTake(bytes);
      if (share !== undefined) return share;
      return isTurn
        ? await reserve.take(bytes, signal)
        : await wait(bytes, signal);
    },
    keep(share, bytes) {
      if (!isOpen) return share[Symbol.dispose]();
      share.shrink(bytes);
      held.add(share);
    },
  };
}

/** Gives a share back that nobody waits for any more, if it still comes. */
function giveBack(share: Promise<MemoryShare>): void {
  share.then((late) => late[Symbol.dispose](), () => {});
}

/** A signal that ends with another one, and can end before. */
function endWith(
  signal: AbortSignal,
): Disposable & { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const onAbort = () => controller.abort(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort);
  return {
    signal: controller.signal,
    end: () => controller.abort(),
    [Symbol.dispose]: () => signal.removeEventListener("abort", onAbort),
  };
}

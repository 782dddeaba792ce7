/**
 * One bound on the memory of all AGS answers.
 *
 * Each event may use a little without reserving it; nearly all events need no
 * more. Anything beyond comes from one budget for all events, and is returned
 * when the event's handler has ended, because the handler may use the answer
 * until then.
 *
 * Events that hold memory and wait for more could deadlock. So one event at a
 * time may use a reserve; when it ends, its memory serves others.
 *
 * @module
 */

import { follow } from "../core/async.ts";
import {
  createMemoryBudget,
  type MemoryBudget,
  type MemoryShare,
} from "../core/memory_budget.ts";

/** Sizes of the answer memory, in bytes. */
export interface AnswerMemoryOptions {
  /** Per event, in addition to the shared memory. @default {64 KiB} */
  readonly free?: number;
  /** Shared by all events. @default {16 MiB} */
  readonly shared?: number;
  /** For one waiting event at a time. @default {16 MiB} */
  readonly reserve?: number;
}

/** The memory for the answers of all events. */
export interface AnswerMemory {
  /**
   * Opens an event's account.
   *
   * @param ending Disposed of when the event's handler ends. Without it nothing
   * is kept.
   */
  open(ending?: DisposableStack): AnswerAccount;
}

/** The answer memory of one event. */
export interface AnswerAccount {
  /**
   * Takes memory for an answer about to be read, waiting until it is available.
   *
   * @param bytes How much.
   * @param signal Ends the wait; rejects with its reason.
   */
  take(bytes: number, signal: AbortSignal): Promise<MemoryShare>;
  /** Keeps this many bytes until the event's handler ends. */
  keep(share: MemoryShare, bytes: number): void;
}

const KILOBYTE = 1024;
const MEGABYTE = 1024 * KILOBYTE;

/** Creates an unused answer memory. */
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

  /** Waits for a share of the shared memory, or for its turn. */
  async function wait(
    bytes: number,
    signal: AbortSignal,
  ): Promise<MemoryShare> {
    const over = new AbortController();
    using _following = follow(over, signal);
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
      over.abort();
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

/** Returns a share that arrives after its waiter has gone. */
function giveBack(share: Promise<MemoryShare>): void {
  share.then((late) => late[Symbol.dispose](), () => {});
}

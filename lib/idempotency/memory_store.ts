/**
 * A store in this process's memory: needs no setup, and ends with the process.
 *
 * @module
 */

import {
  type Claim,
  type ClaimOptions,
  type Ending,
  type IdempotencyStore,
} from "../core/idempotency_store.ts";
import { type History, nextRun, withCrash } from "./_history.ts";
import { createExpiringMap, type ExpiringMap } from "./_expiring_map.ts";

/** Options of {@linkcode createMemoryStore}. */
export interface MemoryStoreOptions {
  /**
   * The most events to remember of each kind: done, dead letters, failed. The
   * least recently used is forgotten first; active claims are never forgotten.
   *
   * @default {50000}
   */
  readonly capacity?: number;
  /**
   * Milliseconds, monotonic, for the expiry of claims and events: a wall clock
   * set forward would end active claims.
   *
   * @default {performance.now}
   */
  readonly clock?: () => number;
  /**
   * Milliseconds since the epoch, for times reported about events.
   * @default {Date.now}
   */
  readonly now?: () => number;
}

interface Run extends History {
  readonly token: string;
  /** When the claim expires, by the monotonic clock. */
  readonly endsAt: number;
}

/** Creates an empty store. 50,000 done events take about 11 MB. */
export function createMemoryStore(
  options: MemoryStoreOptions = {},
): IdempotencyStore {
  const { capacity = 50_000, now = Date.now } = options;
  const clock = options.clock ?? (() => performance.now());
  const runs = new Map<string, Run>();
  const failed = createExpiringMap<History>(capacity);
  const ended: Readonly<Record<Ending, ExpiringMap<true>>> = {
    done: createExpiringMap(capacity),
    dead_letter: createExpiringMap(capacity),
  };

  function claim(
    key: string,
    { token, lease, isReplay = false }: ClaimOptions,
  ): Claim {
    const time = clock();
    if (ended.done.get(key, time)) return DONE;
    if (!isReplay && ended.dead_letter.get(key, time)) return DEAD_LETTERED;
    const run = runs.get(key);
    const isOwn = run?.token === token;
    if (run !== undefined && !isOwn && time < run.endsAt) {
      return { state: "held", retryAfter: run.endsAt - time };
    }
    const { attempt, tally, firstAt } = isOwn
      ? run
      : nextRun(run && withCrash(run, now()) || failed.get(key, time), now());
    ended.dead_letter.delete(key);
    failed.delete(key);
    if (runs.size >= capacity) forgetLost(time);
    runs.set(key, { attempt, tally, firstAt, token, endsAt: time + lease });
    return { state: "claimed", attempt, tally, firstAt };
  }

  /** Drops expired claims that nobody has asked for since. */
  function forgetLost(time: number): void {
    for (const [key, { endsAt }] of runs) if (endsAt <= time) runs.delete(key);
  }

  function endingOf(key: string, time: number): Ending | undefined {
    if (ended.done.get(key, time)) return "done";
    return ended.dead_letter.get(key, time) && "dead_letter";
  }

  return {
    name: "memory",
    // An async function around a synchronous one, so that an error rejects, as the
    // interface says.
    // deno-lint-ignore require-await -- Memory needs no waiting.
    claim: async (key, how) => claim(key, how),
    // deno-lint-ignore require-await -- As above.
    async renew(key, { token, lease }) {
      const run = runs.get(key);
      if (run?.token !== token) return false;
      runs.set(key, { ...run, endsAt: clock() + lease });
      return true;
    },
    // deno-lint-ignore require-await -- As above.
    async complete(key, { token, ending, ttl }) {
      const time = clock();
      const run = runs.get(key);
      if (run !== undefined && run.token !== token) return false;
      const before = endingOf(key, time);
      if (before !== undefined) return before === ending;
      runs.delete(key);
      failed.delete(key);
      ended[ending].set(key, true, time + ttl);
      return true;
    },
    // deno-lint-ignore require-await -- As above.
    async release(key, { token, tally, ttl }) {
      const time = clock();
      const run = runs.get(key);
      if (run === undefined) return endingOf(key, time) === undefined;
      if (run.token !== token) return false;
      runs.delete(key);
      const { attempt, firstAt } = run;
      failed.set(key, { attempt, firstAt, tally }, time + ttl);
      return true;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

const DONE: Claim = { state: "done" };
const DEAD_LETTERED: Claim = { state: "dead_letter" };

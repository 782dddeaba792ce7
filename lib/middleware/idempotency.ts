/**
 * Runs each event to its end once, however often it is delivered.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";
import {
  type Delivery,
  type Middleware,
  type Next,
  refusing,
} from "../core/dispatcher.ts";
import { ExhaustedError } from "../core/errors.ts";
import {
  type Claim,
  ClaimError,
  type IdempotencyStore,
  StoreError,
} from "../core/idempotency_store.ts";
import {
  DUPLICATES,
  endedResult,
  type Result,
  resultOf,
} from "../core/outcome.ts";
import { keepLease, type KeptLease, leaseLength } from "./_lease.ts";
import { follow } from "./_shared_run.ts";
import { createSettler } from "./_settle.ts";
import { createUnmarked } from "./_unmarked.ts";
import { abortable } from "../core/async.ts";
import { eventKey } from "./event_key.ts";

/** Options of {@linkcode createIdempotency}. */
export interface IdempotencyOptions {
  /** What remembers. */
  readonly store: IdempotencyStore;
  /** How long events are remembered, in milliseconds (`IDEMPOTENCY_TTL`). */
  readonly ttl: number;
  /** Longest lease of a claim, in milliseconds (`IDEMPOTENCY_LEASE`). */
  readonly lease: number;
  /** Failures that count until an event is set aside; 0: never (`MAX_ATTEMPTS`). */
  readonly maxAttempts: number;
  /** Where trouble with the store is reported. */
  readonly log: Logger;
}

/** What runs each event once. Disposing stops all that it does by itself. */
export interface Idempotency extends Disposable {
  /** The policy. */
  readonly middleware: Middleware;
  /**
   * Tells the store what it does not know yet, when no event is to be waited for any
   * more: how events ended while it was away, and that those are over whose handlers
   * do not heed their signals. Ends with the signal; what is left then is logged.
   */
  drain(signal: AbortSignal): Promise<void>;
}

/** A run that others of the same event may wait for. */
interface Run {
  readonly result: Promise<Result>;
  /** When its claim ends: a run that goes on for longer has been given up. */
  readonly endsAt: number;
}

/** A run that holds its claim. */
interface Live {
  readonly lease: KeptLease;
  /** Gives the claim back although the handler goes on. */
  readonly giveBack: () => Promise<void>;
}

/** Claims in doubt that are remembered at most; the oldest is forgotten first. */
const MAX_IN_DOUBT = 10_000;

/**
 * Claims an event, runs it, and marks it done when it was handled.
 *
 * | The run ends | The event |
 * |---|---|
 * | `handled` | is done: a redelivery is a `duplicate` |
 * | `rejected`, `exhausted` | is set aside, its dead letter written by what is inside of this: a redelivery is a `duplicate`, a replay runs it again |
 * | otherwise | is released: a redelivery runs it again |
 *
 * - Deliveries of an event that runs in this process wait for that run and share its
 *   result; if it was handled, they are duplicates. One that another process runs is
 *   `failed`, to come again when that claim is over.
 * - When the store cannot say whether an event is done, it is not run: `failed`.
 * - When it has ended for good and the store does not take the mark, the answer is
 *   still how it ended: to have it delivered again is what the mark is to prevent.
 *   This process remembers it instead, and marks it as soon as the store is back.
 * - A handler that goes on after its event was answered keeps its claim until the
 *   lease is nearly over. Then the claim is given back, and the failure counts as
 *   what ended the event counts: a claim that ran out is that of a dead process.
 * - An event that failed `maxAttempts` times is not run again but goes through the
 *   pipe as exhausted; `attempts.ts` says what counts.
 *
 * Inside of `deadline`, so that a caller waits for none of this longer than it wants.
 */
export function createIdempotency(options: IdempotencyOptions): Idempotency {
  const { store, ttl, maxAttempts, log } = options;
  const running = new Map<string, Run>();
  const live = new Set<Live>();
  /** Tokens of claims that the store may or may not have taken. */
  const inDoubt = new Map<string, string>();
  const unmarked = createUnmarked({ store, ttl, log });
  const settle = createSettler({ store, ttl, log, unmarked });

  /** The first delivery of an event in this process: the one that runs it. */
  async function lead(
    key: string,
    delivery: Delivery,
    { next, hold }: { next: Next; hold: (lease: KeptLease) => void },
  ): Promise<Result> {
    const token = inDoubt.get(key) ?? crypto.randomUUID();
    const timeLeft = (delivery.deadline ?? Infinity) - Date.now();
    const since = clock();
    const length = leaseLength(timeLeft, { longest: options.lease });
    let claim: Claim;
    try {
      claim = await store.claim(key, {
        token,
        lease: length,
        ttl,
        isReplay: delivery.isReplay,
      });
    } catch (cause) {
      remember(key, token);
      delivery.claim = "unknown";
      return later(
        new StoreError("Idempotency store did not answer: event was not run", {
          cause,
        }),
      );
    }
    inDoubt.delete(key);
    delivery.claim = claim.state;
    unmarked.flush();
    if (claim.state === "held") {
      const { retryAfter } = claim;
      return later(
        new ClaimError("Event is being handled elsewhere", { retryAfter }),
      );
    }
    if (claim.state !== "claimed") return DUPLICATES[claim.state];
    const { controller: { signal } } = delivery;
    if (signal.aborted) {
      // Its time was up before it was run: no failure of the event's.
      const { tally } = claim;
      await store.release(key, { token, tally, ttl }).catch(() => {});
      return endedResult(signal.reason);
    }
    delivery.attempt = claim.attempt;
    delivery.firstAt = claim.firstAt;
    const { failures } = claim.tally;
    const isExhausted = maxAttempts > 0 && failures >= maxAttempts;
    const toRun = isExhausted
      ? refusing(
        delivery,
        new ExhaustedError(
          `Event failed ${failures} times: it is not run again`,
          // What is never run has no other record of why.
          delivery.refusal === undefined ? {} : { cause: delivery.refusal },
        ),
      )
      : delivery;
    const settled = { token, delivery, tally: claim.tally };
    let isOver = false;
    const giveBack = async () => {
      if (isOver || !signal.aborted) return;
      isOver = true;
      const result = endedResult(signal.reason);
      await settle(key, { ...settled, result });
    };
    using lease = keepLease(delivery, {
      store,
      key,
      token,
      length,
      since,
      until: since + timeLeft,
      clock,
      onRunningOut: giveBack,
    });
    hold(lease);
    delivery.lease = lease;
    const alive: Live = { lease, giveBack };
    live.add(alive);
    const result = await run(toRun, { lease, next });
    live.delete(alive);
    isOver = true;
    await settle(key, { ...settled, result });
    return result;
  }

  function remember(key: string, token: string): void {
    if (inDoubt.size >= MAX_IN_DOUBT) {
      const [oldest = ""] = inDoubt.keys();
      inDoubt.delete(oldest);
    }
    inDoubt.set(key, token);
  }

  const middleware: Middleware = (delivery, next) => {
    const key = eventKey(delivery.event, delivery.sharedAs);
    const ending = unmarked.endingOf(key);
    if (ending === "done" || (ending && !delivery.isReplay)) {
      unmarked.flush();
      delivery.claim = ending;
      return Promise.resolve(DUPLICATES[ending]);
    }
    const current = running.get(key);
    if (current !== undefined && clock() < current.endsAt) {
      delivery.claim = "shared";
      return follow(delivery, current.result);
    }
    let lease: KeptLease | undefined;
    const hold = (held: KeptLease) => lease = held;
    const result = lead(key, delivery, { next, hold }).finally(() => {
      if (running.get(key) === run) running.delete(key);
    });
    const run: Run = {
      result,
      get endsAt() {
        return lease?.endsAt ?? Infinity;
      },
    };
    running.set(key, run);
    return result;
  };

  return {
    middleware,
    async drain(signal) {
      const all = Array.from(live, ({ giveBack }) => giveBack());
      await abortable(Promise.all(all), signal).catch(() => {});
      const left = await unmarked.drain(signal);
      if (left === 0) return;
      log.error(
        "Events ended without being marked: they may run again",
        {
          store: store.name,
          count: left,
        },
      );
    },
    [Symbol.dispose]() {
      for (const { lease } of live) lease[Symbol.dispose]();
      unmarked[Symbol.dispose]();
    },
  };
}

/** Milliseconds that no change of the wall clock changes: leases are measured by it. */
function clock(): number {
  return performance.now();
}

async function run(
  delivery: Delivery,
  { lease, next }: { readonly lease: KeptLease; readonly next: Next },
): Promise<Result> {
  try {
    const asked = lease.confirm();
    if (asked !== undefined) await asked;
    return await next(delivery);
  } catch (error) {
    // Middleware that throws is a bug, and the claim still has to end.
    return resultOf(error, delivery.controller.signal);
  }
}

function later(error: StoreError | ClaimError): Result {
  return { outcome: "failed", reason: "unavailable", error };
}

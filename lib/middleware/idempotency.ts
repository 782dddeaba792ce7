/**
 * Runs each event to completion once, however often it is delivered.
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
  /** The store. */
  readonly store: IdempotencyStore;
  /** How long events are remembered, in milliseconds (`IDEMPOTENCY_TTL`). */
  readonly ttl: number;
  /** Longest lease of a claim, in milliseconds (`IDEMPOTENCY_LEASE`). */
  readonly lease: number;
  /**
   * Counted failures until an event becomes a dead letter; 0: never
   * (`MAX_ATTEMPTS`).
   */
  readonly maxAttempts: number;
  /** Logs problems with the store. */
  readonly log: Logger;
}

/** Runs each event once. Disposing stops its background work. */
export interface Idempotency extends Disposable {
  /** The policy. */
  readonly middleware: Middleware;
  /**
   * Updates the store once no event is running any more: how events ended while
   * it was unavailable, and that handlers which ignore their signals are
   * finished. Ends with the signal; what is left then is logged.
   */
  drain(signal: AbortSignal): Promise<void>;
}

/** A run that other deliveries of the same event may wait for. */
interface Run {
  readonly result: Promise<Result>;
  /** When its claim ends: a run that takes longer has been abandoned. */
  readonly endsAt: number;
}

/** A run that holds its claim. */
interface Live {
  readonly lease: KeptLease;
  /** Releases the claim although the handler continues. */
  readonly giveBack: () => Promise<void>;
}

/** The most claims in doubt to remember; the oldest is forgotten first. */
const MAX_IN_DOUBT = 10_000;

/**
 * Claims an event, runs it, and marks it done if it was handled.
 *
 * | The run ends | The event |
 * |---|---|
 * | `handled` | is done: a redelivery is a `duplicate` |
 * | `rejected`, `exhausted` | is set aside, its dead letter written by what is inside of this: a redelivery is a `duplicate`, a replay runs it again |
 * | otherwise | is released: a redelivery runs it again |
 *
 * - Deliveries of an event that is running in this process wait for that run
 *   and share its result; if it was handled, they are duplicates. An event that
 *   another process is running is `failed`, and is delivered again after that
 *   claim.
 * - If the store cannot say whether an event is done, the event does not run:
 *   `failed`.
 * - If an event ended and the store does not accept the mark, the answer is
 *   still its outcome: a redelivery is what the mark should prevent. This
 *   process remembers the event instead, and marks it as soon as the store is
 *   back.
 * - A handler that continues after its event was answered keeps its claim until
 *   the lease is nearly over. The claim is then released, and the failure
 *   counts according to what ended the event: an expired claim would count as
 *   that of a dead process.
 * - An event that failed `maxAttempts` times does not run again but passes the
 *   pipe as exhausted; `attempts.ts` decides what counts.
 *
 * It runs inside `deadline`, so that a caller waits for none of this beyond its
 * deadline.
 */
export function createIdempotency(options: IdempotencyOptions): Idempotency {
  const { store, ttl, maxAttempts, log } = options;
  const running = new Map<string, Run>();
  const live = new Set<Live>();
  /** Tokens of claims that the store may or may not have recorded. */
  const inDoubt = new Map<string, string>();
  const unmarked = createUnmarked({ store, ttl, log });
  const settle = createSettler({ store, ttl, log, unmarked });

  /** The first delivery of an event in this process, which runs it. */
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
        new StoreError("Idempotency store did not answer: event did not run", {
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
        new ClaimError("Another process is handling the event", { retryAfter }),
      );
    }
    if (claim.state !== "claimed") return DUPLICATES[claim.state];
    const { controller: { signal } } = delivery;
    if (signal.aborted) {
      // Its deadline passed before it ran: not the event's failure.
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
          `Event failed ${failures} times: it does not run again`,
          // An event that never runs has no other record of the cause.
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

/**
 * Milliseconds unaffected by changes of the wall clock: the clock of leases.
 */
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
    // Middleware that throws has a bug, and the claim still has to end.
    return resultOf(error, delivery.controller.signal);
  }
}

function later(error: StoreError | ClaimError): Result {
  return { outcome: "failed", reason: "unavailable", error };
}

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
import { CancelledError, ExhaustedError } from "../core/errors.ts";
import {
  type Claim,
  ClaimError,
  type IdempotencyStore,
  StoreError,
  type Tally,
} from "../core/idempotency_store.ts";
import {
  DUPLICATE,
  endedResult,
  type Result,
  resultOf,
} from "../core/outcome.ts";
import { keepLease, type Lease, leaseLength } from "./_lease.ts";
import { createUnmarked } from "./_unmarked.ts";
import { countFailure } from "./attempts.ts";
import { eventKey } from "./event_key.ts";

/** Options of {@linkcode idempotency}. */
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
  /** Milliseconds since the epoch. @default {Date.now} */
  readonly now?: () => number;
}

/** A run that others of the same event may wait for. */
interface Run {
  readonly result: Promise<Result>;
  /** When its claim ends: a run that goes on for longer has been given up. */
  readonly endsAt: number;
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
 * - When it was handled and the store does not take the mark, the answer is still
 *   `handled`: to have it delivered again is what the mark is to prevent. This
 *   process remembers it instead, and marks it as soon as the store is back.
 * - An event that failed `maxAttempts` times is not run again but goes through the
 *   pipe as exhausted; `attempts.ts` says what counts.
 *
 * Inside of `deadline`, so that a caller waits for none of this longer than it wants.
 */
export function idempotency(options: IdempotencyOptions): Middleware {
  const { store, ttl, maxAttempts, log, now = Date.now } = options;
  const running = new Map<string, Run>();
  /** Tokens of claims of which it is not known whether the store took them. */
  const inDoubt = new Map<string, string>();
  const unmarked = createUnmarked({ store, ttl, log });
  /** When an event of each type was last handled, by each of its handlers. */
  const handledAt = new Map<string, number>();

  /** The first delivery of an event in this process: the one that runs it. */
  async function lead(
    key: string,
    delivery: Delivery,
    { next, hold }: { next: Next; hold: (lease: Lease) => void },
  ): Promise<Result> {
    const token = inDoubt.get(key) ?? crypto.randomUUID();
    const since = now();
    const length = leaseLength(delivery, {
      longest: options.lease,
      now: since,
    });
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
    if (claim.state !== "claimed") return DUPLICATE;
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
        ),
      )
      : delivery;
    using lease = keepLease(delivery, {
      store,
      key,
      token,
      length,
      since,
      now,
    });
    hold(lease);
    const result = await run(toRun, next);
    await settle(key, { token, delivery, result, tally: claim.tally });
    return result;
  }

  function remember(key: string, token: string): void {
    if (inDoubt.size >= MAX_IN_DOUBT) {
      const [oldest = ""] = inDoubt.keys();
      inDoubt.delete(oldest);
    }
    inDoubt.set(key, token);
  }

  async function settle(
    key: string,
    { token, delivery, result, tally }: {
      token: string;
      delivery: Delivery;
      result: Result;
      tally: Tally;
    },
  ): Promise<void> {
    const { event: { type }, sharedAs } = delivery;
    const work = sharedAs === undefined ? type : `${type}@${sharedAs}`;
    const time = now();
    if (result.outcome === "handled") handledAt.set(work, time);
    try {
      let isOwn: boolean;
      switch (result.outcome) {
        case "handled":
        case "skipped":
        case "duplicate":
          isOwn = await store.complete(key, { token, ending: "done", ttl });
          break;
        case "rejected":
        case "exhausted":
          isOwn = await store.complete(key, {
            token,
            ending: "set_aside",
            ttl,
          });
          break;
        default: {
          const counted = countFailure({
            result,
            endedBy: delivery.controller.signal.reason,
            tally,
            lastHandledAt: handledAt.get(work) ?? 0,
            now: time,
          });
          isOwn = await store.release(key, { token, tally: counted, ttl });
        }
      }
      if (!isOwn) report("Event was claimed elsewhere while it was run");
    } catch (error) {
      if (result.outcome === "handled") unmarked.add(key, token);
      report("Idempotency store was not told how an event ended", error);
    }

    function report(message: string, error?: unknown): void {
      const { event: { type: eventType, id: eventId }, traceId } = delivery;
      const { outcome } = result;
      const fields = {
        eventType,
        eventId,
        outcome,
        store: store.name,
        ...(traceId !== undefined && { traceID: traceId }),
      };
      log.warn(message, error === undefined ? fields : { ...fields, error });
    }
  }

  return (delivery, next) => {
    const key = eventKey(delivery.event, delivery.sharedAs);
    if (unmarked.has(key)) {
      unmarked.flush();
      delivery.claim = "done";
      return Promise.resolve(DUPLICATE);
    }
    const current = running.get(key);
    if (current !== undefined && now() < current.endsAt) {
      delivery.claim = "shared";
      return follow(delivery, current.result);
    }
    let lease: Lease | undefined;
    const hold = (held: Lease) => lease = held;
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
}

async function run(delivery: Delivery, next: Next): Promise<Result> {
  try {
    return await next(delivery);
  } catch (error) {
    // Middleware that throws is a bug, and the claim still has to end.
    return resultOf(error, delivery.controller.signal);
  }
}

/** Waits for the run of another delivery, as long as this one has time. */
function follow(
  { controller: { signal } }: Delivery,
  leader: Promise<Result>,
): Promise<Result> {
  return new Promise((resolve) => {
    const onAbort = () => resolve(endedResult(signal.reason));
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    leader.then((result) => {
      signal.removeEventListener("abort", onAbort);
      resolve(shared(result));
    }, (error) => resolve(resultOf(error, signal)));
  });
}

/** What a delivery is answered that waited for the run of another one. */
function shared(result: Result): Result {
  if (result.outcome === "handled") {
    const { answer } = result;
    return answer === undefined ? DUPLICATE : { ...DUPLICATE, answer };
  }
  if (result.outcome !== "cancelled") return result;
  // The other's caller went away; this one's is still there.
  return later(new CancelledError("Run of the event was cancelled"));
}

function later(error: StoreError | ClaimError | CancelledError): Result {
  return { outcome: "failed", reason: "unavailable", error };
}

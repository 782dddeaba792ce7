/**
 * A store in AGS Cloud Save, as admin records of the game: shared by all
 * replicas, without a server to run.
 *
 * It costs four requests for a handled event and one for a duplicate. They
 * count towards AGS's rate limit (Shared Cloud: 5,000 a minute per studio by
 * default).
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { AgsBinding } from "../ags/client.ts";
import { updateAdminRecord } from "../ags/cloudsave.ts";
import { follow } from "../core/async.ts";
import type { Ags } from "../core/context.ts";
import type {
  Claim,
  ClaimOptions,
  Ending,
  IdempotencyStore,
} from "../core/idempotency_store.ts";
import { type History, nextRun, withCrash } from "./_history.ts";

/** Options of {@linkcode createCloudSaveStore}. */
export interface CloudSaveStoreOptions {
  /**
   * The AGS client. It must not be the handlers' client: its breaker counts
   * consecutive answers, and those of Cloud Save say nothing about other
   * services.
   */
  readonly client: { bind(binding: AgsBinding): Ags };
  /** The scope: another app in the same namespace has another one. */
  readonly scope: string;
  /**
   * Time limit for one operation including its retries, in milliseconds.
   * @default {5000}
   */
  readonly timeout?: number;
  /** Milliseconds since the epoch. @default {Date.now} */
  readonly now?: () => number;
  /**
   * How far the clocks of replicas may differ, in milliseconds. @default {5000}
   */
  readonly skew?: number;
}

/**
 * The contents of a record. Times are milliseconds since the epoch, by its
 * writer's clock.
 */
interface EventRecord extends History {
  readonly state: "run" | "failed" | Ending;
  /** The token of the current or last run. */
  readonly token: string;
  /** When the claim of a run expires. */
  readonly endsAt: number;
  /** When the record expires, whether or not AGS has deleted it. */
  readonly expiresAt: number;
}

/** The longest wait for AGS to delete an expired record, in milliseconds. */
const DELETION_DELAY = 60_000;

/**
 * How often a record is read and written for one operation: concurrent writers
 * are other runs of the same event, and one of them succeeds each time.
 */
const MAX_CONFLICTS = 4;

/** Creates the store. It sends nothing before the first event. */
export function createCloudSaveStore(
  options: CloudSaveStoreOptions,
): IdempotencyStore {
  const { client, scope, timeout = 5_000, skew = 5_000 } = options;
  const now = options.now ?? Date.now;
  const ending = new AbortController();

  /** Changes an event's record; `undefined` leaves it unchanged. */
  async function update(
    key: string,
    decide: (current: EventRecord | undefined) => EventRecord | undefined,
    { keepFor }: { readonly keepFor: number },
  ): Promise<void> {
    const patience = new AbortController();
    using _following = follow(patience, ending.signal);
    const timer = setTimeout(() => {
      patience.abort(
        new Error(`Cloud Save took longer than ${timeout} ms for an event`),
      );
    }, timeout);
    const { signal } = patience;
    try {
      const ags = client.bind({ signal, deadline: Date.now() + timeout });
      await updateAdminRecord<EventRecord>(ags, {
        key: recordKey(scope, key),
        signal,
        backoff: { maxAttempts: MAX_CONFLICTS },
        expiresAt: new Date(now() + keepFor + DELETION_DELAY),
        update(record) {
          const isForgotten = record !== undefined &&
            record.state !== "run" && record.expiresAt <= now();
          return decide(isForgotten ? undefined : record);
        },
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** The new record after a claim, and the result of the claim. */
  function claimOf(
    record: EventRecord | undefined,
    { token, lease, ttl, isReplay = false }: ClaimOptions,
  ): { readonly claim: Claim; readonly written?: EventRecord } {
    const time = now();
    if (record?.state === "done") return { claim: { state: "done" } };
    const isAside = record?.state === "dead_letter";
    if (isAside && !isReplay) return { claim: { state: "dead_letter" } };
    const isRun = record?.state === "run";
    const isOwn = isRun && record.token === token;
    if (isRun && !isOwn && time < record.endsAt + skew) {
      const retryAfter = record.endsAt + skew - time;
      return { claim: { state: "held", retryAfter } };
    }
    const before = isAside || record === undefined
      ? undefined
      : isRun
      ? withCrash(record, time)
      : record;
    const { attempt, tally, firstAt } = isOwn ? record : nextRun(before, time);
    const claim: Claim = { state: "claimed", attempt, tally, firstAt };
    const endsAt = time + lease;
    const expiresAt = endsAt + ttl;
    return {
      claim,
      written: {
        state: "run",
        token,
        attempt,
        tally,
        firstAt,
        endsAt,
        expiresAt,
      },
    };
  }

  return {
    name: "cloudsave",
    async claim(key, how) {
      let claim: Claim | undefined;
      await update(key, (record) => {
        const decided = claimOf(record, how);
        claim = decided.claim;
        return decided.written;
      }, { keepFor: how.lease + how.ttl });
      if (claim === undefined) throw new Error("Record was not decided on");
      return claim;
    },
    async renew(key, { token, lease }) {
      let isOwn = false;
      await update(key, (record) => {
        isOwn = record?.state === "run" && record.token === token;
        if (!isOwn || record === undefined) return undefined;
        const endsAt = now() + lease;
        const expiresAt = Math.max(record.expiresAt, endsAt);
        return { ...record, endsAt, expiresAt };
      }, { keepFor: lease });
      return isOwn;
    },
    async complete(key, { token, ending, ttl }) {
      let isDone = false;
      await update(key, (record) => {
        const isOthers = record?.state === "run" && record.token !== token;
        const isEnded = record?.state === "done" ||
          record?.state === "dead_letter";
        isDone = isEnded ? record.state === ending : !isOthers;
        if (!isDone || isEnded) return undefined;
        const { attempt, tally, firstAt } = record ?? nextRun(record, now());
        const expiresAt = now() + ttl;
        const endsAt = 0;
        return {
          state: ending,
          token,
          attempt,
          tally,
          firstAt,
          endsAt,
          expiresAt,
        };
      }, { keepFor: ttl });
      return isDone;
    },
    async release(key, { token, tally, ttl }) {
      let isFree = false;
      await update(key, (record) => {
        isFree = record === undefined || record.state === "failed" ||
          (record.state === "run" && record.token === token);
        if (record?.state !== "run" || !isFree) return undefined;
        const expiresAt = now() + ttl;
        return { ...record, state: "failed", tally, endsAt: 0, expiresAt };
      }, { keepFor: ttl });
      return isFree;
    },
    [Symbol.asyncDispose]() {
      ending.abort(new Error("Idempotency store is closed"));
      return Promise.resolve();
    },
  };
}

/**
 * A key with characters and length that Cloud Save accepts, and without user
 * data.
 */
function recordKey(scope: string, key: string): string {
  const text = JSON.stringify([scope, key]);
  const hash = createHash("sha256").update(text).digest("hex");
  return `extend-event-${hash.slice(0, 40)}`;
}

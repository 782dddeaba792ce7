/**
 * Changes a record that others write at the same time.
 *
 * Cloud Save compares a record's `updated_at` with the one that a write names, and
 * refuses the write (412) when somebody else wrote in between. Its reference does
 * not say which time stands for "there is no record yet", so creating works with
 * either answer that AGS can give:
 *
 * - A write to a record that is not there names the year 1970. No record was ever
 *   written then, so such a write can create one and cannot replace one.
 * - If AGS refuses it although there still is no record, an empty record is merged
 *   in first. That is harmless whoever else does the same or has written meanwhile,
 *   and its answer has the time that the next write names.
 *
 * So a record without fields is what such a creation leaves when it ends halfway,
 * and counts as none.
 *
 * @module
 */

import type { Ags } from "../core/context.ts";
import { sleep } from "../core/async.ts";
import {
  conflict,
  isConflict,
  mergeEmpty,
  metaOf,
  NEVER,
  readRecord,
  type RecordMeta,
  type RecordPlace,
  replaceUnchanged,
} from "./_records.ts";
import { type BackoffOptions, nextDelay } from "./backoff.ts";

/** What {@linkcode updateRecord} did. */
export interface UpdateRecordResult<T extends object> {
  /** What the record says now; `undefined` when there is none. */
  readonly value: T | undefined;
  /** Whether this call wrote it. */
  readonly isWritten: boolean;
}

/** What a record is updated with. */
export interface RecordUpdate<T extends object> {
  /**
   * Says what the record is to be, from what it is (`undefined`: there is none, or
   * one without fields). `undefined` leaves it as it is.
   *
   * Called once per attempt, so it must do nothing else. And it can meet its own
   * work: when AGS's answer to a write got lost, the write is repeated, refused as
   * outdated, and this is called with what it made. Let it recognise that, for
   * instance by an event id that it keeps in the value.
   */
  readonly update: (current: T | undefined) => T | undefined;
  /** Its tags; those that are there stay when absent. */
  readonly tags?: readonly string[];
  /**
   * How often to try while others write the same record, and how long to wait in
   * between, with jitter.
   *
   * @default 10 attempts; the first wait is up to 20 ms, no wait longer than 500 ms
   */
  readonly backoff?: BackoffOptions;
  /** Ends the waits too, not only the requests as the event's own signal does. */
  readonly signal?: AbortSignal;
}

/** Reads, lets `update` decide, and writes unless somebody else wrote meanwhile. */
export async function updateRecord<T extends object>(
  ags: Ags,
  place: RecordPlace,
  { update, backoff, signal, ...meta }: RecordUpdate<T> & RecordMeta,
): Promise<UpdateRecordResult<T>> {
  const { key } = place.params;
  let isCreationRefused = false;
  for (let attempt = 1;; attempt++) {
    let record = await readRecord<T>(ags, place, { signal });
    if (record === undefined && isCreationRefused) {
      record = await mergeEmpty<T>(ags, place, { ...meta, signal });
    }
    const isEmpty = record === undefined ||
      Object.keys(record.value).length === 0;
    const current = isEmpty ? undefined : record?.value;
    const value = update(current);
    if (value === undefined) return { value: current, isWritten: false };
    try {
      const updatedAt = record?.updatedAt ?? NEVER;
      const kept = { ...metaOf(record), ...meta };
      await replaceUnchanged(ags, place, { value, updatedAt, signal, ...kept });
      return { value, isWritten: true };
    } catch (error) {
      if (!isConflict(error)) throw error;
      isCreationRefused = record === undefined;
      const failed = { attempt, timeLeft: Infinity, retryAfter: undefined };
      const delay = nextDelay(failed, { ...CONFLICT_BACKOFF, ...backoff });
      if (delay === undefined) {
        const what = `Record "${key}" was changed by others in each of`;
        throw conflict(`${what} ${attempt} attempts`, error);
      }
      await sleep(delay, signal);
    }
  }
}

/** Others that write the same record need milliseconds, not seconds. */
const CONFLICT_BACKOFF: BackoffOptions = {
  maxAttempts: 10,
  baseDelay: 20,
  maxDelay: 500,
};

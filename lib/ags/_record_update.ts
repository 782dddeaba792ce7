/**
 * Updates a record under concurrent writes.
 *
 * Cloud Save compares a record's `updated_at` with the one that a write names,
 * and refuses the write (412) if somebody else wrote in between. Its reference
 * does not say which time means "no record yet", so creation works with either
 * behaviour of AGS:
 *
 * - A write to a missing record names the year 1970. No record has that time,
 *   so such a write can create a record but not replace one.
 * - If AGS refuses it although the record is still missing, an empty record is
 *   merged in first. That is harmless under concurrent writes, and its answer
 *   has the time for the next write.
 *
 * A creation that stops halfway thus leaves a record without fields, which
 * counts as missing.
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

/** The result of {@linkcode updateRecord}. */
export interface UpdateRecordResult<T extends object> {
  /** The current value; `undefined` if there is no record. */
  readonly value: T | undefined;
  /** Whether this call wrote it. */
  readonly isWritten: boolean;
}

/** An update of a record. */
export interface RecordUpdate<T extends object> {
  /**
   * Returns the new value for the current one (`undefined`: there is no record,
   * or one without fields). `undefined` leaves the record unchanged.
   *
   * Called once per attempt, so it must have no side effects. It can also meet
   * its own result: if AGS's answer to a write was lost, the write is repeated,
   * refused as outdated, and this is called with the value it wrote. It should
   * recognise that, for instance by an event id in the value.
   */
  readonly update: (current: T | undefined) => T | undefined;
  /** The record's tags. If absent, existing tags stay. */
  readonly tags?: readonly string[];
  /**
   * How often to try while others write the same record, and how long to wait
   * in between, with jitter.
   *
   * @default 10 attempts; the first wait is at most 20 ms, later ones at most
   * 500 ms
   */
  readonly backoff?: BackoffOptions;
  /**
   * Aborts the waits as well; the event's own signal aborts only the requests.
   */
  readonly signal?: AbortSignal;
}

/**
 * Reads the record, calls `update`, and writes the result unless somebody else
 * wrote meanwhile.
 */
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

/** Concurrent writers of a record need milliseconds, not seconds. */
const CONFLICT_BACKOFF: BackoffOptions = {
  maxAttempts: 10,
  baseDelay: 20,
  maxDelay: 500,
};

/**
 * The records of Cloud Save: versions, expiry and merging.
 *
 * @module
 */

import { isObject } from "../../lib/core/is_object.ts";
import { createBoundedMap } from "../../lib/core/bounded_map.ts";
import type { Meta } from "./record_body.ts";

/** Most records kept; the one that was created first goes first. */
export const MAX_RECORDS = 100_000;

/** A record. Times are milliseconds since the epoch. */
export interface StoredRecord extends Meta {
  /** What it says. */
  readonly value: RecordValue;
  /** When it was created. */
  readonly createdAt: number;
  /** When it was last written: its version. */
  readonly updatedAt: number;
}

/** What a record says. */
export type RecordValue = Readonly<Record<string, unknown>>;

/** What tells records apart: the key, and the player if it is a player's. */
export type RecordId = Readonly<Record<string, string>>;

/** The records of one emulator. */
export interface RecordStore {
  /** Records that went because there were more than {@linkcode MAX_RECORDS}. */
  readonly forgotten: number;
  /** A record that is there and has not expired. */
  find(id: RecordId): StoredRecord | undefined;
  /** Writes a record: all of it, but when it was created. */
  write(
    id: RecordId,
    content: Meta & { readonly value: RecordValue },
  ): StoredRecord;
  /** Keys of all records of the game, or of a player; oldest first. */
  keys(userId?: string): readonly string[];
  /** Forgets everything. */
  clear(): void;
}

/**
 * Creates an empty store.
 *
 * @param now Time in milliseconds since the epoch.
 */
export function createRecordStore(now: () => number): RecordStore {
  const records = createBoundedMap<StoredRecord>(MAX_RECORDS);

  function find(id: RecordId): StoredRecord | undefined {
    const name = nameOf(id);
    const record = records.get(name);
    if (record?.expiresAt === undefined || now() < record.expiresAt) {
      return record;
    }
    records.delete(name);
    return undefined;
  }

  return {
    get forgotten() {
      return records.forgotten;
    },
    find,
    write(id, content) {
      const before = find(id);
      // Two writes in one millisecond must not pass for the same version.
      const updatedAt = Math.max(now(), (before?.updatedAt ?? -Infinity) + 1);
      const createdAt = before?.createdAt ?? updatedAt;
      const record = { ...content, createdAt, updatedAt };
      records.set(nameOf(id), record);
      return record;
    },
    keys(userId) {
      return [...records.entries()]
        .map(([name]) => JSON.parse(name) as readonly string[])
        .flatMap(([key = "", owner]) => owner === userId ? [key] : [])
        .filter((key) =>
          find(userId === undefined ? { key } : { key, userId })
        );
    },
    clear: records.clear,
  };
}

/** Merges as AGS does: objects field by field, anything else is replaced. */
export function deepMerge(
  before: RecordValue,
  after: RecordValue,
): RecordValue {
  const merged: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(after)) {
    const old = merged[name];
    merged[name] = isObject(old) && isObject(value)
      ? deepMerge(old, value)
      : value;
  }
  return merged;
}

function nameOf({ key = "", userId }: RecordId): string {
  return JSON.stringify(userId === undefined ? [key] : [key, userId]);
}

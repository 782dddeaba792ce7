/**
 * Cloud Save records that only servers read and write: the code shared by game
 * and player records.
 *
 * @module
 */

import { z } from "zod";
import type { Ags } from "../core/context.ts";
import { TerminalError } from "../core/errors.ts";
import { isRefusal, readAnswer } from "./_answer.ts";
import { AgsError } from "./errors.ts";

/** A record, and when it was written. */
export interface AdminRecord<T extends object> {
  /** Its key. */
  readonly key: string;
  /** Its value. */
  readonly value: T;
  /** When it was created, as AGS wrote it (RFC 3339). */
  readonly createdAt: string;
  /** When it was last written, as AGS wrote it (RFC 3339): its version. */
  readonly updatedAt: string;
  /** Its tags. */
  readonly tags: readonly string[];
  /** When AGS deletes it, as AGS wrote it (RFC 3339), if ever. */
  readonly expiresAt?: string;
}

/** A record to write. */
export interface RecordWrite {
  /** The record's new value: a JSON object. */
  readonly value: object;
  /** Its tags. */
  readonly tags?: readonly string[];
  /**
   * Write only if the record was last written at this time (`updatedAt` of the
   * value read); `null`: only if there is none. Without it, the write replaces
   * any value.
   */
  readonly ifUpdatedAt?: string | null;
}

/** Metadata written with the value. */
export interface RecordMeta {
  /** Tags. */
  readonly tags?: readonly string[];
  /** When AGS deletes the record. */
  readonly expiresAt?: Date;
}

/** The routes and codes of a record. */
export interface RecordPlace {
  /** The route that reads, merges and replaces. */
  readonly route: string;
  /** The route that replaces an unchanged record. */
  readonly concurrentRoute: string;
  /** Values for the parameters of the routes. */
  readonly params: { readonly key: string; readonly userId?: string };
  /** AGS's code for a missing record. */
  readonly absentCode: number;
}

/**
 * The time of a missing record. No record has this time, so a write that names
 * it can create a record but not replace one.
 */
export const NEVER = "1970-01-01T00:00:00Z";

/** The field inside a value in which AGS keeps tags and other metadata. */
const META = "__META";

const RecordAnswer = z.object({
  value: z.record(z.string(), z.unknown()),
  created_at: z.string(),
  updated_at: z.string().min(1),
  tags: z.array(z.string()).nullish(),
  ttl_config: z.object({ expires_at: z.string() }).nullish(),
});

/** Reads a record; `undefined` if there is none. */
export async function readRecord<T extends object>(
  ags: Ags,
  place: RecordPlace,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<AdminRecord<T> | undefined> {
  const { route, params, absentCode } = place;
  try {
    const answer = await ags.request("GET", route, {
      params: { ...params },
      ...(signal && { signal }),
    });
    return recordOf<T>(answer, params.key, { request: `GET ${route}` });
  } catch (error) {
    if (isRefusal(error, absentCode)) return undefined;
    throw error;
  }
}

/**
 * Writes a record: only if it was last written at `ifUpdatedAt`, or
 * unconditionally.
 *
 * @throws {AgsError} It was written at another time: 412, and retryable,
 * because the event can read it again.
 */
export async function putRecord(
  ags: Ags,
  place: RecordPlace,
  { value, ifUpdatedAt, ...meta }: RecordWrite & RecordMeta,
): Promise<void> {
  if (ifUpdatedAt !== undefined) {
    const updatedAt = ifUpdatedAt ?? NEVER;
    await replaceUnchanged(ags, place, { value, updatedAt, ...meta });
    return;
  }
  checkValue(value);
  await ags.request("PUT", place.route, {
    params: { ...place.params },
    body: { ...value, ...metaField(meta) },
  });
}

/**
 * Replaces a record if it was last written at `updatedAt`.
 *
 * @throws {AgsError} It was written at another time: 412, and retryable,
 * because the event can read it again.
 */
export async function replaceUnchanged(
  ags: Ags,
  place: RecordPlace,
  { value, updatedAt, signal, ...meta }: RecordMeta & {
    readonly value: object;
    readonly updatedAt: string;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<void> {
  checkValue(value);
  try {
    await ags.request("PUT", place.concurrentRoute, {
      params: { ...place.params },
      body: { value, updatedAt, ...metaFields(meta) },
      ...(signal && { signal }),
    });
  } catch (error) {
    if (!isConflict(error)) throw error;
    throw conflict(
      `Record "${place.params.key}" has changed since ${updatedAt}`,
      error,
    );
  }
}

/** Ensures that a record exists, and leaves an existing one unchanged. */
export async function mergeEmpty<T extends object>(
  ags: Ags,
  { route, params }: RecordPlace,
  { signal, ...meta }: RecordMeta & {
    readonly signal?: AbortSignal | undefined;
  },
): Promise<AdminRecord<T>> {
  const answer = await ags.request("POST", route, {
    idempotent: true,
    params: { ...params },
    body: metaField(meta),
    ...(signal && { signal }),
  });
  return recordOf<T>(answer, params.key, { request: `POST ${route}` });
}

function recordOf<T extends object>(
  answer: unknown,
  key: string,
  { request }: { readonly request: string },
): AdminRecord<T> {
  const record = readAnswer(RecordAnswer, answer, {
    request,
    expected: "a record",
  });
  const expiresAt = record.ttl_config?.expires_at;
  return {
    key,
    // The caller names the type, as with `JSON.parse`.
    value: record.value as T,
    createdAt: record.created_at,
    updatedAt: record.updated_at,
    tags: record.tags ?? [],
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

/** The metadata of a record, to be written again with its value. */
export function metaOf(record: AdminRecord<object> | undefined): RecordMeta {
  return {
    ...(record !== undefined && { tags: record.tags }),
    ...(record?.expiresAt !== undefined && {
      expiresAt: new Date(record.expiresAt),
    }),
  };
}

function metaFields({ tags, expiresAt }: RecordMeta): Record<string, unknown> {
  return {
    ...(tags && { tags }),
    ...(expiresAt && {
      ttl_config: { action: "DELETE", expires_at: expiresAt.toISOString() },
    }),
  };
}

function metaField(meta: RecordMeta): Record<string, unknown> {
  const fields = metaFields(meta);
  return Object.keys(fields).length === 0 ? {} : { [META]: fields };
}

function checkValue(value: object): void {
  if (!(META in value)) return;
  throw new TerminalError(
    `Value of a record has a field "${META}": expected none, because AGS keeps its own data there`,
  );
}

/** Whether somebody else wrote first. */
export function isConflict(error: unknown): error is AgsError {
  return error instanceof AgsError && error.status === 412 && !error.isForeign;
}

/** The error for a conflict: the event can read the record again. */
export function conflict(message: string, cause: AgsError): AgsError {
  const { status, errorCode, errorMessage } = cause;
  return new AgsError(`${message}: expected nobody else to write it`, {
    status,
    errorCode,
    errorMessage,
    retryable: true,
    cause,
  });
}

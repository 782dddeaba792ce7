/**
 * Records of Cloud Save that only servers read and write: the part that records of
 * the game and of a player share.
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
  /** What it says. */
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

/** What a record is put with. */
export interface RecordWrite {
  /** What the record says from now on: a JSON object. */
  readonly value: object;
  /** Its tags. */
  readonly tags?: readonly string[];
  /**
   * Write only if the record was last written then (`updatedAt` of what was read);
   * `null`: only if there is none. Without it, whatever is there is replaced.
   */
  readonly ifUpdatedAt?: string | null;
}

/** What is written beside the value. */
export interface RecordMeta {
  /** Tags. */
  readonly tags?: readonly string[];
  /** When AGS deletes the record. */
  readonly expiresAt?: Date;
}

/** Where a record is. */
export interface RecordPlace {
  /** Route that reads, merges and replaces. */
  readonly route: string;
  /** Route that replaces what has not changed. */
  readonly concurrentRoute: string;
  /** Values for the parts of the routes. */
  readonly params: { readonly key: string; readonly userId?: string };
  /** AGS's code for "no such record". */
  readonly absentCode: number;
}

/**
 * The time of no record: no record was ever written then, so a write that names it
 * can create one and cannot replace one.
 */
export const NEVER = "1970-01-01T00:00:00Z";

/** What AGS keeps tags and the like under, inside a value. */
const META = "__META";

const RecordAnswer = z.object({
  value: z.record(z.string(), z.unknown()),
  created_at: z.string(),
  updated_at: z.string().min(1),
  tags: z.array(z.string()).nullish(),
  ttl_config: z.object({ expires_at: z.string() }).nullish(),
});

/** Reads a record; `undefined` when there is none. */
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
 * Writes a record: if it was last written at `ifUpdatedAt`, or whatever it says.
 *
 * @throws {AgsError} It was not: 412, and retryable, since the event can look again.
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
 * @throws {AgsError} It was not: 412, and retryable, since the event can look again.
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
      `Record "${place.params.key}" is not as it was at ${updatedAt}`,
      error,
    );
  }
}

/** Makes sure that a record is there, and leaves it as it is if it was. */
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
    // The caller names the shape, as it would of `JSON.parse`.
    value: record.value as T,
    createdAt: record.created_at,
    updatedAt: record.updated_at,
    tags: record.tags ?? [],
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

/** What stands beside a record's value, to be written again with it. */
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
    `Value of a record has a field "${META}": expected none, AGS keeps its own there`,
  );
}

/** Whether somebody else wrote first. */
export function isConflict(error: unknown): error is AgsError {
  return error instanceof AgsError && error.status === 412 && !error.isForeign;
}

/** The error for that: the event can look again. */
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

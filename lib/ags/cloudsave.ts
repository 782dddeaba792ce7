/**
 * AGS Cloud Save: admin records of the game, JSON objects that servers read and
 * write and players do not see. `cloudsave_player.ts` has those of a player.
 *
 * AGS advises keeping records at or below 250 KB: larger ones become slow, and
 * AGS refuses records of several megabytes.
 *
 * @module
 */

import type { Ags } from "../core/context.ts";
import {
  type RecordUpdate,
  updateRecord,
  type UpdateRecordResult,
} from "./_record_update.ts";
import {
  type AdminRecord,
  putRecord,
  readRecord,
  type RecordPlace,
  type RecordWrite,
} from "./_records.ts";

export type { AdminRecord, UpdateRecordResult };

/** Which record of the game. */
export interface GetAdminRecordRequest {
  /** The record's key. */
  readonly key: string;
}

/** A record of the game to write. */
export interface PutAdminRecordRequest
  extends GetAdminRecordRequest, RecordWrite {
  /** When AGS deletes the record. @default never */
  readonly expiresAt?: Date;
}

/** A record of the game to update. */
export interface UpdateAdminRecordRequest<T extends object>
  extends GetAdminRecordRequest, RecordUpdate<T> {
  /** When AGS deletes the record. If absent, an existing expiry stays. */
  readonly expiresAt?: Date;
}

/**
 * Reads an admin record of the game.
 *
 * Permission: `ADMIN:NAMESPACE:{namespace}:CLOUDSAVE:RECORD [READ]`.
 *
 * @example
 * ```ts
 * import type { Ags } from "../core/context.ts";
 * import { getAdminRecord } from "./cloudsave.ts";
 *
 * export async function isEventOn(ags: Ags): Promise<boolean> {
 *   const record = await getAdminRecord<{ on: boolean }>(ags, { key: "event" });
 *   return record?.value.on === true;
 * }
 * ```
 *
 * @param ags AGS's REST API: `ctx.ags`.
 * @param request Which record.
 * @typeParam T The type of the value. It is not checked.
 * @returns The record, or `undefined` if there is none (404/18140).
 * @throws {AgsError} AGS refused, or its answer is not a record.
 * @throws {TerminalError} `key` is empty.
 */
export function getAdminRecord<T extends object = Record<string, unknown>>(
  ags: Ags,
  request: GetAdminRecordRequest,
): Promise<AdminRecord<T> | undefined> {
  return readRecord<T>(ags, placeOf(request));
}

/**
 * Writes an admin record of the game: creates it, or replaces its whole value.
 *
 * Without `ifUpdatedAt` the last write wins. Use it, or
 * {@linkcode updateAdminRecord}, if two deliveries can write the record at the
 * same time.
 *
 * Permission: `ADMIN:NAMESPACE:{namespace}:CLOUDSAVE:RECORD [UPDATE]`.
 *
 * @example
 * ```ts
 * import type { Ags } from "../core/context.ts";
 * import { putAdminRecord } from "./cloudsave.ts";
 *
 * export async function switchOn(ags: Ags): Promise<void> {
 *   await putAdminRecord(ags, { key: "event", value: { on: true } });
 * }
 * ```
 *
 * @param ags AGS's REST API: `ctx.ags`.
 * @param request The record and its new value.
 * @returns Resolves once it is written.
 * @throws {AgsError} Not written. Retryable: `ifUpdatedAt` does not match
 * (412/18180). Not retryable: AGS refuses the value (400/18144, 18146, 20002).
 * @throws {TerminalError} `key` is empty, or the value has a field `__META`.
 */
export function putAdminRecord(
  ags: Ags,
  request: PutAdminRecordRequest,
): Promise<void> {
  return putRecord(ags, placeOf(request), request);
}

/**
 * Changes or creates an admin record of the game without losing concurrent
 * writes: reads it, calls `update`, writes if nobody else wrote in between, and
 * otherwise starts again.
 *
 * Permission: `ADMIN:NAMESPACE:{namespace}:CLOUDSAVE:RECORD [READ, UPDATE]`,
 * and `[CREATE]` if AGS does not create records through a conditional write.
 *
 * @example
 * ```ts
 * import type { Ags } from "../core/context.ts";
 * import { updateAdminRecord } from "./cloudsave.ts";
 *
 * export async function countLogin(ags: Ags): Promise<void> {
 *   await updateAdminRecord<{ logins: number }>(ags, {
 *     key: "logins",
 *     update: (value) => ({ logins: (value?.logins ?? 0) + 1 }),
 *   });
 * }
 * ```
 *
 * @param ags AGS's REST API: `ctx.ags`.
 * @param request The record, and how to change it.
 * @typeParam T The type of the value. It is not checked.
 * @returns The current value, and whether this call wrote it.
 * @throws {AgsError} Not written. Retryable: others changed the record in each
 * attempt (412/18180). Not retryable: AGS refuses the value.
 * @throws {TerminalError} `key` is empty, or the value has a field `__META`.
 * @throws Whatever `update` throws, and the signal's reason.
 */
export function updateAdminRecord<T extends object = Record<string, unknown>>(
  ags: Ags,
  request: UpdateAdminRecordRequest<T>,
): Promise<UpdateRecordResult<T>> {
  return updateRecord(ags, placeOf(request), request);
}

const GAME = "/cloudsave/v1/admin/namespaces/{namespace}";

function placeOf({ key }: GetAdminRecordRequest): RecordPlace {
  return {
    route: `${GAME}/adminrecords/{key}`,
    concurrentRoute: `${GAME}/concurrent/adminrecords/{key}`,
    params: { key },
    absentCode: 18140,
  };
}

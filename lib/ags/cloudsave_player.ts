/**
 * AGS Cloud Save: admin records of a player, which the player does not see.
 * They work like the game's records in `cloudsave.ts`, except that not all of
 * their calls accept an expiry.
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

/** Which record of which player. */
export interface GetPlayerAdminRecordRequest {
  /** The player. */
  readonly userId: string;
  /** The record's key. */
  readonly key: string;
}

/** A record of a player to write. */
export interface PutPlayerAdminRecordRequest
  extends GetPlayerAdminRecordRequest, RecordWrite {}

/** A record of a player to update. */
export interface UpdatePlayerAdminRecordRequest<T extends object>
  extends GetPlayerAdminRecordRequest, RecordUpdate<T> {}

/**
 * Reads an admin record of a player.
 *
 * Permission: `ADMIN:NAMESPACE:{namespace}:USER:{userId}:CLOUDSAVE:RECORD [READ]`.
 *
 * @example
 * ```ts
 * import type { Ags } from "../core/context.ts";
 * import { getPlayerAdminRecord } from "./cloudsave_player.ts";
 *
 * export async function seenBefore(ags: Ags, userId: string): Promise<boolean> {
 *   const record = await getPlayerAdminRecord(ags, { userId, key: "seen" });
 *   return record !== undefined;
 * }
 * ```
 *
 * @param ags AGS's REST API: `ctx.ags`.
 * @param request The player and the record.
 * @typeParam T The type of the value. It is not checked.
 * @returns The record, or `undefined` if there is none (404/18152).
 * @throws {AgsError} AGS refused, or its answer is not a record.
 * @throws {TerminalError} `userId` or `key` is empty.
 */
export function getPlayerAdminRecord<
  T extends object = Record<string, unknown>,
>(
  ags: Ags,
  request: GetPlayerAdminRecordRequest,
): Promise<AdminRecord<T> | undefined> {
  return readRecord<T>(ags, placeOf(request));
}

/**
 * Writes an admin record of a player, like `putAdminRecord` for the game.
 *
 * Permission: `ADMIN:NAMESPACE:{namespace}:USER:{userId}:CLOUDSAVE:RECORD [UPDATE]`.
 *
 * @example
 * ```ts
 * import type { Ags } from "../core/context.ts";
 * import { putPlayerAdminRecord } from "./cloudsave_player.ts";
 *
 * export async function note(ags: Ags, userId: string): Promise<void> {
 *   await putPlayerAdminRecord(ags, { userId, key: "seen", value: { at: "now" } });
 * }
 * ```
 *
 * @param ags AGS's REST API: `ctx.ags`.
 * @param request The record and its new value.
 * @returns Resolves once it is written.
 * @throws {AgsError} Not written. Retryable: `ifUpdatedAt` does not match
 * (412/18183). Not retryable: AGS refuses the value (400/18156, 18181, 20002).
 * @throws {TerminalError} `userId` or `key` is empty, or the value has a field
 * `__META`.
 */
export function putPlayerAdminRecord(
  ags: Ags,
  request: PutPlayerAdminRecordRequest,
): Promise<void> {
  return putRecord(ags, placeOf(request), request);
}

/**
 * Changes or creates an admin record of a player, like `updateAdminRecord` for
 * the game.
 *
 * Permission:
 * `ADMIN:NAMESPACE:{namespace}:USER:{userId}:CLOUDSAVE:RECORD [READ, UPDATE]`,
 * and `[CREATE]` if AGS does not create records through a conditional write.
 *
 * @example
 * ```ts
 * import type { Ags } from "../core/context.ts";
 * import { updatePlayerAdminRecord } from "./cloudsave_player.ts";
 *
 * export async function countLogin(ags: Ags, userId: string): Promise<void> {
 *   await updatePlayerAdminRecord<{ logins: number }>(ags, {
 *     userId,
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
 * attempt (412/18183). Not retryable: AGS refuses the value.
 * @throws {TerminalError} `userId` or `key` is empty, or the value has a field
 * `__META`.
 * @throws Whatever `update` throws, and the signal's reason.
 */
export function updatePlayerAdminRecord<
  T extends object = Record<string, unknown>,
>(
  ags: Ags,
  request: UpdatePlayerAdminRecordRequest<T>,
): Promise<UpdateRecordResult<T>> {
  return updateRecord(ags, placeOf(request), request);
}

const PLAYER = "/cloudsave/v1/admin/namespaces/{namespace}/users/{userId}";

function placeOf(
  { userId, key }: GetPlayerAdminRecordRequest,
): RecordPlace {
  return {
    route: `${PLAYER}/adminrecords/{key}`,
    concurrentRoute: `${PLAYER}/concurrent/adminrecords/{key}`,
    params: { userId, key },
    absentCode: 18152,
  };
}

/**
 * AGS Cloud Save: admin records of the game and of players, with its optimistic
 * lock.
 *
 * What AGS's specification leaves open is decided here:
 *
 * - A conditional write to a record that is not there creates it, whatever time
 *   it names: the specification says that it creates or replaces, and AGS's game
 *   SDKs rely on it. The fault `error` with 412 shows the other answer.
 * - A record's `updated_at` differs from the one before by at least a millisecond,
 *   and the same instant is equal however it is written.
 * - A conditional write without tags or expiry clears them; one of a player's record
 *   cannot name an expiry, and the one that is there stays.
 * - An expiry in the past is taken, and the record is gone.
 *
 * @module
 */

import { agsError, type Answer, ok } from "./errors.ts";
import { isAnswer } from "./grants.ts";
import {
  type BodyCodes,
  type Meta,
  readConcurrentBody,
  readPlainBody,
} from "./record_body.ts";
import {
  createRecordStore,
  deepMerge,
  type StoredRecord,
} from "./record_store.ts";
import type { Call, Route } from "./router.ts";
import { iso, noContent, RESOURCE, type Service } from "./service.ts";

/** Read side of Cloud Save, for tests. */
export interface CloudSave {
  /** Records that went because there were too many. */
  readonly forgotten: number;
  /** A record of the game, or of a player. */
  record(key: string, userId?: string): StoredRecord | undefined;
  /** Keys of all records of the game, or of a player; oldest first. */
  keys(userId?: string): readonly string[];
}

/** What Cloud Save works with. */
export interface CloudSaveOptions {
  /** Namespace of the game. */
  readonly namespace: string;
  /** Time in milliseconds since the epoch. */
  readonly now: () => number;
}

/** Whose records, and how AGS speaks of them. */
interface Kind {
  readonly path: string;
  readonly resource: string;
  readonly merge: BodyCodes;
  readonly put: BodyCodes;
  readonly concurrent: BodyCodes;
  readonly notFound: number;
  readonly conflict: number;
}

const ADMIN = "/cloudsave/v1/admin/namespaces/{namespace}";

const GAME: Kind = {
  path: ADMIN,
  resource: `${RESOURCE}:CLOUDSAVE:RECORD`,
  merge: { invalid: 18134, validation: 20002, tooLarge: 18136 },
  put: { invalid: 18144, validation: 20002, tooLarge: 18146 },
  concurrent: { invalid: 18144, validation: 20002, tooLarge: 18146 },
  notFound: 18140,
  conflict: 18180,
};

const PLAYER: Kind = {
  path: `${ADMIN}/users/{userId}`,
  resource: `${RESOURCE}:USER:{userId}:CLOUDSAVE:RECORD`,
  merge: { invalid: 18150, validation: 20002 },
  put: { invalid: 18156, validation: 20002 },
  concurrent: { invalid: 18156, validation: 18181 },
  notFound: 18152,
  conflict: 18183,
};

/** Creates the records of one emulator. */
export function createCloudSave(
  { namespace, now }: CloudSaveOptions,
): CloudSave & Service {
  const records = createRecordStore(now);

  function describe(call: Call, record: StoredRecord): unknown {
    const { key, userId } = call.params;
    const { value, createdAt, updatedAt, tags = [], expiresAt } = record;
    return {
      key,
      namespace,
      ...(userId !== undefined && { user_id: userId }),
      value,
      created_at: iso(createdAt),
      updated_at: iso(updatedAt),
      tags,
      ...(expiresAt !== undefined && {
        ttl_config: { action: "DELETE", expires_at: iso(expiresAt) },
      }),
    };
  }

  function routesOf(kind: Kind): readonly Route[] {
    function get(call: Call): Answer {
      const record = records.find(call.params);
      return record === undefined
        ? agsError(404, {
          errorCode: kind.notFound,
          errorMessage: "record not found",
        })
        : ok(describe(call, record));
    }

    function merge(call: Call): Answer {
      const body = readPlainBody(call, kind.merge);
      if (isAnswer(body)) return body;
      const before = records.find(call.params);
      const value = deepMerge(before?.value ?? {}, body.value);
      const content = { ...metaOf(before), ...body, value };
      const record = records.write(call.params, content);
      return { status: 201, body: describe(call, record) };
    }

    function put(call: Call): Answer {
      const body = readPlainBody(call, kind.put);
      if (isAnswer(body)) return body;
      const content = { ...metaOf(records.find(call.params)), ...body };
      const record = records.write(call.params, content);
      return ok(describe(call, record));
    }

    function putConcurrent(call: Call): Answer {
      const body = readConcurrentBody(call, kind.concurrent);
      if (isAnswer(body)) return body;
      const { updatedAt, expiresAt: asked, ...content } = body;
      const before = records.find(call.params);
      if (before !== undefined && !isAt(updatedAt, before.updatedAt)) {
        return agsError(412, {
          errorCode: kind.conflict,
          errorMessage: "precondition failed: record has changed",
        });
      }
      const expiresAt = kind === PLAYER ? before?.expiresAt : asked;
      const record = records.write(call.params, {
        ...content,
        ...(expiresAt !== undefined && { expiresAt }),
      });
      const query = new URLSearchParams(call.query);
      return kind === PLAYER && query.get("responseBody") === "true"
        ? ok({ updated_at: iso(record.updatedAt) })
        : noContent();
    }

    const { path, resource } = kind;
    const template = `${path}/adminrecords/{key}`;
    const update = { resource, action: 4 };
    return [
      {
        method: "GET",
        template,
        permission: { resource, action: 2 },
        handle: get,
      },
      {
        method: "POST",
        template,
        permission: { resource, action: 1 },
        handle: merge,
      },
      { method: "PUT", template, permission: update, handle: put },
      {
        method: "PUT",
        template: `${path}/concurrent/adminrecords/{key}`,
        permission: update,
        handle: putConcurrent,
      },
    ];
  }

  return {
    get forgotten() {
      return records.forgotten;
    },
    record: (key, userId) =>
      records.find(userId === undefined ? { key } : { key, userId }),
    keys: records.keys,
    routes: [...routesOf(GAME), ...routesOf(PLAYER)],
    clear: records.clear,
  };
}

function metaOf({ tags, expiresAt }: Meta = {}): Meta {
  return {
    ...(tags && { tags }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

/** Whether a text names this instant, to the nanosecond that it can name. */
function isAt(text: string, time: number): boolean {
  const instant = Temporal.Instant.fromEpochMilliseconds(time);
  return Temporal.Instant.from(text).equals(instant);
}

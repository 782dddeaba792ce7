/**
 * Audit logs: who did what to what, as a record of its own kind.
 *
 * @module
 */

import { EncodingError, InvalidFieldError } from "./errors.ts";
import { goJson, goString } from "./go_json.ts";
import { isId, newId } from "./names.ts";
import type { OutgoingRecord } from "./record.ts";

/** An audit log. */
export interface AuditLog {
  /** What area it is about. */
  readonly category: string;
  /** What was done. */
  readonly actionName: string;
  /** The actor's address. */
  readonly ip?: string;
  /** Who did it: a v4 UUID without hyphens. */
  readonly actor: string;
  /** What kind of actor that is. */
  readonly actorType: "USER" | "CLIENT" | "ANONYMOUS";
  /** The IAM client it was done with: a v4 UUID without hyphens. */
  readonly clientId: string;
  /** The actor's namespace. */
  readonly actorNamespace: string;
  /** What it was done to. */
  readonly objectId?: string;
  /** What kind of thing that is. */
  readonly objectType?: string;
  /** The object's namespace. */
  readonly objectNamespace: string;
  /** The user it was done to: a v4 UUID without hyphens. */
  readonly targetUserId?: string;
  /** The device it was done on. */
  readonly deviceId?: string;
  /** More about it. */
  readonly content?: Readonly<Record<string, unknown>>;
  /** What changed. */
  readonly diff?: {
    /** As it was. */
    readonly before?: Readonly<Record<string, unknown>>;
    /** As it is now. */
    readonly after?: Readonly<Record<string, unknown>>;
  };
  /** Audit logs of one key keep their order. @default {none: any partition} */
  readonly key?: string;
}

/** Where audit logs go, and whether they do. */
export interface AuditLogSettings {
  /** Whether they are sent. @default {true} */
  readonly enabled: boolean;
  /** Their topic, without prefix. @default {"auditLog"} */
  readonly topic: string;
}

/** Fields that have to be there. */
const REQUIRED = [
  "category",
  "actionName",
  "actor",
  "actorType",
  "clientId",
  "actorNamespace",
  "objectNamespace",
] as const;

/** Fields that have to be ids when they are there. */
const IDS = ["actor", "clientId", "targetUserId"] as const;

/** What Go's `strconv.ParseBool` takes for true. */
const TRUE = new Set(["1", "t", "T", "TRUE", "true", "True"]);

const encoder = new TextEncoder();

/**
 * Reads what the Go SDK reads from `APP_EVENT_STREAM_AUDIT_LOG_ENABLED` and
 * `APP_EVENT_STREAM_AUDIT_LOG_TOPIC`. Nonsense in the first turns them off, as there.
 *
 * @param environment Variables by name.
 */
export function auditLogSettings(
  environment: Readonly<Record<string, string | undefined>>,
): AuditLogSettings {
  const enabled = environment["APP_EVENT_STREAM_AUDIT_LOG_ENABLED"];
  return {
    enabled: enabled === undefined || enabled === "" || TRUE.has(enabled),
    topic: environment["APP_EVENT_STREAM_AUDIT_LOG_TOPIC"] || "auditLog",
  };
}

/**
 * Checks an audit log and writes it.
 *
 * @param time Milliseconds since the epoch.
 * @throws {InvalidFieldError} A field is missing, or no id.
 * @throws {EncodingError} Content or difference have no JSON.
 */
export function outgoingAuditLog(log: AuditLog, time: number): OutgoingRecord {
  for (const field of REQUIRED) {
    if (!log[field]) {
      throw new InvalidFieldError(field, `Audit log has no "${field}"`);
    }
  }
  for (const field of IDS) {
    const id = log[field];
    if (!id || isId(id)) continue;
    throw new InvalidFieldError(
      field,
      `Audit log's "${field}" is no id: expected a v4 UUID in lower case without ` +
        "hyphens",
    );
  }
  const value = encoder.encode(write(log, time));
  // As in Go: a key of no length, not none.
  return { key: encoder.encode(log.key ?? ""), value };
}

function write(log: AuditLog, time: number): string {
  const optional = (key: keyof AuditLog & string) =>
    log[key] ? text(key, String(log[key])) : [];
  const members = [
    text("_id", newId()),
    text("category", log.category),
    text("actionName", log.actionName),
    `"timestamp":${time}`,
    optional("ip"),
    text("actor", log.actor),
    text("actorType", log.actorType),
    text("clientId", log.clientId),
    text("actorNamespace", log.actorNamespace),
    optional("objectId"),
    optional("objectType"),
    text("objectNamespace", log.objectNamespace),
    optional("targetUserId"),
    optional("deviceId"),
    `"payload":${payload(log)}`,
  ];
  return `{${members.flat().join(",")}}`;
}

function text(key: string, value: string): string {
  return `"${key}":${goString(value)}`;
}

function payload({ content = {}, diff = {} }: AuditLog): string {
  try {
    const changes = [
      ...isEmpty(diff.before) ? [] : [`"before":${goJson(diff.before)}`],
      ...isEmpty(diff.after) ? [] : [`"after":${goJson(diff.after)}`],
    ];
    return `{"content":${goJson(content)},"diff":{${changes.join(",")}}}`;
  } catch (cause) {
    throw new EncodingError("Audit log cannot be written as JSON", { cause });
  }
}

function isEmpty(value: object | undefined): boolean {
  return value === undefined || Object.keys(value).length === 0;
}

/**
 * Audit logs: records of who did what to what.
 *
 * @module
 */

import { EncodingError, InvalidFieldError } from "./errors.ts";
import { goJson, goString } from "./go_json.ts";
import { isId, newId } from "./names.ts";
import type { OutgoingRecord } from "./record.ts";

/** An audit log. */
export interface AuditLog {
  /** The area that it concerns. */
  readonly category: string;
  /** The action. */
  readonly actionName: string;
  /** The actor's address. */
  readonly ip?: string;
  /** The actor: a v4 UUID without hyphens. */
  readonly actor: string;
  /** The kind of actor. */
  readonly actorType: "USER" | "CLIENT" | "ANONYMOUS";
  /** The IAM client used: a v4 UUID without hyphens. */
  readonly clientId: string;
  /** The actor's namespace. */
  readonly actorNamespace: string;
  /** The object of the action. */
  readonly objectId?: string;
  /** The kind of object. */
  readonly objectType?: string;
  /** The object's namespace. */
  readonly objectNamespace: string;
  /** The user affected: a v4 UUID without hyphens. */
  readonly targetUserId?: string;
  /** The device used. */
  readonly deviceId?: string;
  /** Further content. */
  readonly content?: Readonly<Record<string, unknown>>;
  /** The change. */
  readonly diff?: {
    /** The value before. */
    readonly before?: Readonly<Record<string, unknown>>;
    /** The value after. */
    readonly after?: Readonly<Record<string, unknown>>;
  };
  /**
   * Audit logs with the same key stay in order. @default {none: any partition}
   */
  readonly key?: string;
}

/** Whether audit logs are sent, and to which topic. */
export interface AuditLogSettings {
  /** Whether they are sent. @default {true} */
  readonly enabled: boolean;
  /** Their topic, without prefix. @default {"auditLog"} */
  readonly topic: string;
}

/** Required fields. */
const REQUIRED = [
  "category",
  "actionName",
  "actor",
  "actorType",
  "clientId",
  "actorNamespace",
  "objectNamespace",
] as const;

/** Fields that have to be ids if present. */
const IDS = ["actor", "clientId", "targetUserId"] as const;

/** The values that Go's `strconv.ParseBool` accepts as true. */
const TRUE = new Set(["1", "t", "T", "TRUE", "true", "True"]);

const encoder = new TextEncoder();

/**
 * Reads `APP_EVENT_STREAM_AUDIT_LOG_ENABLED` and
 * `APP_EVENT_STREAM_AUDIT_LOG_TOPIC`, as the Go SDK does. An invalid value of
 * the first turns audit logs off, as there.
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
 * Validates and encodes an audit log.
 *
 * @param time Milliseconds since the epoch.
 * @throws {InvalidFieldError} A field is missing, or not an id.
 * @throws {EncodingError} Content or diff cannot be written as JSON.
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
      `Audit log's "${field}" is not an id: expected a v4 UUID in lower case without ` +
        "hyphens",
    );
  }
  const value = encoder.encode(write(log, time));
  // As in Go: an empty key, not a missing one.
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

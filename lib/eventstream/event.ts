/**
 * An event of the event stream: its envelope, and how each of its fields is
 * encoded.
 *
 * @module
 */

/** The fields that a publisher sets. Absent and empty are the same. */
export interface EventFields {
  /** The user that it is about. */
  readonly userId?: string;
  /** The namespace it happened in. */
  readonly namespace?: string;
  /** That namespace's parent. */
  readonly parentNamespace?: string;
  /** The union that the namespace belongs to. */
  readonly unionNamespace?: string;
  /** The IAM client that caused it. */
  readonly clientId?: string;
  /** The trace it belongs to. */
  readonly traceId?: string;
  /** The span it belongs to, in the tracer's format. */
  readonly spanContext?: string;
  /** The session it happened in. */
  readonly sessionId?: string;
  /** Version of the event's schema. @default {1} */
  readonly version?: number;
  /** The publisher's number for events of this kind. */
  readonly eventId?: number;
  /** The publisher's number for this type. */
  readonly eventType?: number;
  /** The publisher's number for this level. */
  readonly eventLevel?: number;
  /** The service that publishes. */
  readonly service?: string;
  /** Clients that it concerns. */
  readonly clientIds?: readonly string[];
  /** Users that it concerns. */
  readonly targetUserIds?: readonly string[];
  /** Another namespace that it concerns. */
  readonly targetNamespace?: string;
  /** Whether it holds personal data. */
  readonly privacy?: boolean;
  /** Fields besides the payload. */
  readonly additionalFields?: Readonly<Record<string, unknown>>;
  /** The payload. */
  readonly payload?: Readonly<Record<string, unknown>>;
}

/** An event as a subscriber receives it. */
export interface StreamEvent extends EventFields {
  /** Its id; empty if the publisher gave none. */
  readonly id: string;
  /** Its name; empty if the publisher gave none. */
  readonly name: string;
  /** The subscribed topic, without prefix. */
  readonly topic: string;
  /** When it was published: RFC 3339, with or without fractions of a second. */
  readonly timestamp?: string;
  /** The same in exact nanoseconds since the epoch. Old publishers omit it. */
  readonly timestampUnixNano?: bigint;
  /** The namespace it came from; set by some publishers only. */
  readonly sourceNamespace?: string;
  /** The record's partition. */
  readonly partition: number;
  /** The record's offset. */
  readonly offset: bigint;
  /** The record's key. */
  readonly key: string;
}

/** How a field's value is encoded. */
export type FieldType =
  | "string"
  | "int"
  | "int64"
  | "bool"
  | "strings"
  | "object";

/** A field of the envelope. */
export interface Field {
  /** Its key on the wire. */
  readonly key: string;
  /** Its property here. */
  readonly property: string;
  /** Its type. */
  readonly type: FieldType;
}

function field(
  key: string,
  type: FieldType,
  property: string = key,
): Field {
  return { key, property, type };
}

/**
 * The key whose number always has more digits than JavaScript numbers
 * represent.
 */
export const NANO_KEY = "timestampUnixNano";

/** All fields, in Go's order. */
export const FIELDS: readonly Field[] = [
  field("id", "string"),
  field("name", "string"),
  field("namespace", "string"),
  field("parentNamespace", "string"),
  field("unionNamespace", "string"),
  field("clientId", "string"),
  field("traceId", "string"),
  field("spanContext", "string"),
  field("userId", "string"),
  field("sessionId", "string"),
  field("timestamp", "string"),
  field(NANO_KEY, "int64"),
  field("version", "int"),
  field("event_id", "int", "eventId"),
  field("event_type", "int", "eventType"),
  field("event_level", "int", "eventLevel"),
  field("service", "string"),
  field("client_ids", "strings", "clientIds"),
  field("target_user_ids", "strings", "targetUserIds"),
  field("target_namespace", "string", "targetNamespace"),
  field("privacy", "bool"),
  field("topic", "string"),
  field("sourceNamespace", "string"),
  field("additional_fields", "object", "additionalFields"),
  field("payload", "object"),
];

/** The keys of all fields. */
export const ENVELOPE_KEYS: ReadonlySet<string> = new Set(
  FIELDS.map(({ key }) => key),
);

/**
 * Events as AGS's services publish them on the event stream.
 *
 * @module
 */

import protobuf from "protobufjs";
import { parseEventType } from "../lib/core/event_key.ts";
import { decoderOf, propertyName } from "../lib/events/message_codec.ts";
import type { OutgoingRecord } from "../lib/eventstream/record.ts";
import type { JsonObject } from "./event_value.ts";
import { agsId } from "./sample.ts";

/** An event for a topic. */
export interface StreamRecordOf {
  /** The topic, without prefix. */
  readonly topic: string;
  /** Its key, its value, and no headers. */
  readonly record: OutgoingRecord;
  /** Its id. */
  readonly id: string;
}

const encoder = new TextEncoder();

/**
 * Makes a record of an event's bytes: the message in JSON, with the names that its proto
 * file gives fields there. A message without an envelope is the payload of one.
 */
export function streamRecord(
  { type, message }: {
    readonly type: string;
    readonly message: protobuf.Type;
  },
  bytes: Uint8Array,
): StreamRecordOf {
  const { channel, name } = parseEventType(type);
  const json = wireJson(message, decoderOf(message)(bytes));
  const envelope = "name" in message.fields ? { ...json, name } : {
    id: agsId(),
    name,
    ...(typeof json.namespace === "string" && { namespace: json.namespace }),
    timestamp: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
    version: 1,
    payload: json,
  };
  const id = "id" in envelope ? String(envelope.id) : "";
  return {
    topic: channel,
    id,
    record: {
      key: encoder.encode(id),
      value: encoder.encode(JSON.stringify(envelope)),
    },
  };
}

/** A decoded message with JSON's own names, and whole numbers as numbers if they fit. */
export function wireJson(type: protobuf.Type, data: JsonObject): JsonObject {
  return Object.fromEntries(
    type.fieldsArray.flatMap((field) => {
      const value = data[propertyName(field.name)];
      if (value === undefined) return [];
      const name = field.options?.json_name ?? propertyName(field.name);
      return [[name, valueOf(field, value)]];
    }),
  );
}

function valueOf(field: protobuf.Field, value: unknown): unknown {
  const { resolvedType: inner } = field;
  const one = inner instanceof protobuf.Type
    ? inner.fullName.startsWith(".google.")
      ? (each: unknown) => each
      : (each: unknown) => wireJson(inner, each as JsonObject)
    : field.type in protobuf.types.long
    ? shortest
    : (each: unknown) => each;
  if (field.repeated) return (value as readonly unknown[]).map(one);
  if (!field.map) return one(value);
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([key, each]) => [key, one(each)]),
  );
}

function shortest(value: unknown): unknown {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/**
 * Makes a realistic event of any type, from its proto file.
 *
 * @module
 */

import protobuf from "protobufjs";
import { parseEventType } from "../lib/core/event_key.ts";
import { propertyName } from "../lib/events/message_codec.ts";
import type { JsonObject } from "./event_json.ts";

/** Options of {@linkcode sampleEvent}. */
export interface SampleOptions {
  /** The event's type: its second part is the event's name. */
  readonly type: string;
  /** The namespace it happens in. */
  readonly namespace: string;
  /** Whom it is about. @default {a random user id} */
  readonly userId?: string;
  /** When it happens. @default {now} */
  readonly time?: Date;
}

/** How deep messages are filled in: some contain themselves. */
const MAX_DEPTH = 6;

/**
 * A sample: every field is there, with a value that its name calls for, and all
 * fields that name the user or the namespace agree.
 */
export function sampleEvent(
  message: protobuf.Type,
  options: SampleOptions,
): JsonObject {
  const { userId = agsId(), time = new Date(), namespace } = options;
  const now = time.toISOString().replace(/\.\d+Z$/, "Z");
  const { name } = parseEventType(options.type);

  function object(type: protobuf.Type, depth: number): JsonObject {
    const fields = type.fieldsArray.filter((field) =>
      // Of a oneof, the first one.
      field.partOf === null || field.partOf.fieldsArray[0] === field
    );
    return Object.fromEntries(
      fields.flatMap((field) => {
        const value = fieldValue(field.resolve() as protobuf.Field, depth);
        return value === undefined ? [] : [[propertyName(field.name), value]];
      }),
    );
  }

  function fieldValue(field: protobuf.Field, depth: number): unknown {
    const value = oneValue(field, depth);
    if (value === undefined) return undefined;
    if (field.map) return { sample: value };
    return field.repeated ? [value] : value;
  }

  function oneValue(field: protobuf.Field, depth: number): unknown {
    const { resolvedType } = field;
    if (resolvedType instanceof protobuf.Enum) {
      return Object.keys(resolvedType.values)[0];
    }
    if (resolvedType === null) return scalar(field, depth);
    if (resolvedType.fullName === ".google.protobuf.Timestamp") return now;
    if (resolvedType.fullName.startsWith(".google.protobuf.")) {
      return FREE_FORM[resolvedType.name];
    }
    return depth >= MAX_DEPTH ? undefined : object(resolvedType, depth + 1);
  }

  function scalar(field: protobuf.Field, depth: number): unknown {
    if (field.type === "bool") return false;
    if (field.type === "bytes") return "";
    if (field.type !== "string") {
      return field.type in protobuf.types.long ? "1" : 1;
    }
    const property = propertyName(field.name);
    if (property === "name" && depth === 0) return name;
    if (/^((user|initiatorUser|gameUser)Id|userI[dD]s)$/.test(property)) {
      return userId;
    }
    if (/namespace$/i.test(property)) return namespace;
    return text(property, now);
  }

  return object(message, 0);
}

const FREE_FORM: Readonly<Record<string, unknown>> = {
  Struct: { sample: "value" },
  ListValue: ["value"],
  Value: "value",
};

/** Values by what a field's name ends with; the first rule that fits counts. */
const TEXTS: readonly (readonly [RegExp, (now: string) => string])[] = [
  [/^dateOfBirth$/, () => "2000-01-01"],
  [/(^|[a-z])(timestamp|time|date|At)$/i, (now) => now],
  [/(^(start|end)|^date[A-Z]\w+|[a-z](Start|End))$/, (now) => now],
  [/platformId$/i, () => "steam"],
  [/id$/i, agsId],
  [/ids$/i, agsId],
  [/email/i, () => "player@example.com"],
  [/displayName$/i, () => "Player One"],
  [/userName$/i, () => "player-one"],
  [/country(Code)?$/i, () => "US"],
  [/language$/i, () => "en"],
  [/currency(Code)?$/i, () => "USD"],
  [/currencySymbol$/, () => "$"],
  [/(url|uri)(Small|Large)?$/i, () => "https://example.com/"],
];

/** A text that the name of its field calls for. */
export function sampleText(property: string): string {
  return text(property, new Date().toISOString().replace(/\.\d+Z$/, "Z"));
}

function text(property: string, now: string): string {
  const rule = TEXTS.find(([pattern]) => pattern.test(property));
  return rule === undefined ? `sample-${property}` : rule[1](now);
}

/** An id as AGS makes them: a UUID without hyphens. */
export function agsId(): string {
  return crypto.randomUUID().replaceAll("-", "");
}

/**
 * Makes the events that `./task send` sends.
 *
 * @module
 */

import { isObject } from "../lib/core/is_object.ts";
import type protobuf from "protobufjs";
import { readCatalog } from "../lib/events/catalog.ts";
import { readProtoFiles } from "../lib/events/proto_files.ts";
import { methodOf } from "../lib/events/served_events.ts";
import {
  encodeEvent,
  EventJsonError,
  type JsonObject,
  setField,
} from "./event_json.ts";
import { findOpenEvent, type OpenFields } from "./open_event.ts";
import { agsId, sampleEvent } from "./sample.ts";
import { unknownEvent } from "./unknown_event.ts";

/** No event has this type. */
export class UnknownEventError extends Error {
  override name = "UnknownEventError";
}

/** An event that can be sent. */
export interface SendableEvent {
  /** Its type. */
  readonly type: string;
  /** The method's path: `/package.Service/OnMessage`. */
  readonly path: string;
  /** The message. */
  readonly message: protobuf.Type;
  /** What the method answers; `google.protobuf.Empty` for most. */
  readonly response: protobuf.Type;
  /** What its open name asks of the message, if it has one. */
  readonly open?: OpenFields;
}

/**
 * Finds an event by its type.
 *
 * @throws {UnknownEventError} There is none.
 */
export function findEvent(protoFolder: string, type: string): SendableEvent {
  const open = findOpenEvent(type);
  if (open !== undefined) {
    const { fields, ...method } = open;
    return {
      type,
      ...sendableMethod(protoFolder, { ...method, place: method.protoFile }),
      open: fields,
    };
  }
  const catalog = readCatalog(protoFolder);
  const event = catalog.events.find(({ types }) => types.includes(type));
  if (event === undefined) {
    throw new UnknownEventError(unknownEvent(type, catalog.types));
  }
  return {
    type,
    ...sendableMethod(protoFolder, { ...event, place: event.declaredAt }),
  };
}

function sendableMethod(
  protoFolder: string,
  event: {
    readonly protoFile: string;
    readonly package: string;
    readonly serviceNames: readonly string[];
    readonly place: string;
  },
): Pick<SendableEvent, "path" | "message" | "response"> {
  const method = methodOf(
    readProtoFiles(protoFolder, [event.protoFile]),
    event,
  );
  if (method === undefined) {
    throw new UnknownEventError(
      `${event.place}: Event cannot be sent: its service is not in ` +
        event.protoFile,
    );
  }
  const { service, name, request, response } = method;
  return { path: `/${service}/${name}`, message: request, response };
}

/** Options of {@linkcode makeEvent}. */
export interface MakeEventOptions {
  /** The namespace that a sample happens in. */
  readonly namespace: string;
  /** The event as a file has it; without one, a sample is made. */
  readonly json: unknown;
  /** `path=value` for each field to set. */
  readonly sets: readonly string[];
  /** Whether a file's event needs an id of its own. */
  readonly isOneOfMany: boolean;
}

/** An event, ready to be sent. */
export interface MadeEvent {
  /** The message. */
  readonly bytes: Uint8Array;
  /** Whom it is about, if it says so. */
  readonly userId: string | undefined;
  /** Its id, if it has one of its own. */
  readonly id: string | undefined;
}

/**
 * Makes one event.
 *
 * @throws {EventJsonError} The file or a setting does not fit the event.
 */
export function makeEvent(
  event: Omit<SendableEvent, "response">,
  options: MakeEventOptions,
): MadeEvent {
  const { type, message, open } = event;
  const { namespace, sets } = options;
  // What --set says of the user holds for every field that names the user.
  const userId = sets.map((each) => /^user_?Id=(.+)$/i.exec(each)?.[1])
    .findLast((found) => found !== undefined);
  const json = options.json === undefined
    ? {
      ...sampleEvent(message, { type, namespace, ...(userId && { userId }) }),
      ...open?.sample(),
    }
    : copyOf(message, options.json);
  if (open !== undefined) {
    setField(message, json, `${open.nameField}=${open.name}`);
  }
  if (options.json !== undefined && options.isOneOfMany) {
    if (message.fields.id) setField(message, json, `id=${agsId()}`);
    open?.identify(json);
  }
  for (const assignment of sets) setField(message, json, assignment);
  const bytes = encodeEvent(message, json);
  const subject = json.userId ?? json.user_id;
  const id = open === undefined ? json.id : open.idOf(json);
  return {
    bytes,
    userId: typeof subject === "string" ? subject : undefined,
    id: typeof id === "string" && id !== "" ? id : undefined,
  };
}

function copyOf(message: protobuf.Type, json: unknown): JsonObject {
  if (isObject(json)) return structuredClone(json);
  throw new EventJsonError(
    `${message.name}: Value is not an object: ${JSON.stringify(json)}`,
  );
}

/**
 * Loads what the registered handlers need of AGS's proto files.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import type protobuf from "protobufjs";
import type { Event } from "../core/event.ts";
import type { Result } from "../core/outcome.ts";
import type { CatalogEvent, EventCatalog } from "./event_catalog.ts";
import { type Decode, decoderOf } from "./message_codec.ts";
import {
  ProtoFileError,
  type ProtoFiles,
  readProtoFiles,
} from "./proto_files.ts";

/** An event that is served. */
export interface ServedEvent {
  /** The type its handler named. */
  readonly type: string;
  /** Full name of its service. */
  readonly service: string;
  /** The method's own name; `OnMessage` for all of AGS's events. */
  readonly method: string;
  /** The method's path: `/package.Service/OnMessage`. */
  readonly path: string;
  /** Proto package of its service. */
  readonly package: string;
  /** Turns bytes into what the handler gets. */
  readonly decode: Decode;
  /**
   * The event's attributes, where its message has not the envelope that AGS's events
   * share. Throws when the message lacks what makes it an event.
   */
  readonly attributesOf?: (
    data: Readonly<Record<string, unknown>>,
  ) => Omit<Event, "source">;
  /** The answers, where they are not empty. */
  readonly answers?: Answers;
}

/** How a method that answers something is answered. */
export interface Answers {
  /**
   * Encodes what the handler returned.
   *
   * @throws {TypeError} It is no such answer.
   */
  encode(value: unknown): Buffer;
  /** The answer to an event that was not handled, or not now, and still is OK. */
  without(result: Result): Buffer;
}

/** What {@linkcode loadServedEvents} loads. */
export interface ServedEvents {
  /** The events. */
  readonly events: readonly ServedEvent[];
  /** The proto files they are in, and no others. */
  readonly files: ProtoFiles;
}

/**
 * Loads the events that have a handler.
 *
 * @param catalog All events.
 * @param types The types that have a handler.
 * @throws {ProtoFileError} A proto file cannot be read, or lacks a service that the
 * properties file beside it names.
 */
export function loadServedEvents(
  catalog: EventCatalog,
  types: readonly string[],
): ServedEvents {
  const served = catalog.events.flatMap((event) => {
    const type = event.types.find((each) => types.includes(each));
    return type === undefined ? [] : [{ type, event }];
  });
  const names = new Set(served.map(({ event }) => event.protoFile));
  const files = readProtoFiles(catalog.protoFolder, names);
  return {
    files,
    events: served.map(({ type, event }) => load(files, type, event)),
  };
}

function load(
  files: ProtoFiles,
  type: string,
  event: CatalogEvent,
): ServedEvent {
  const service = `${event.package}.${event.serviceName}`;
  const method = methodOf(files, service);
  const request = method?.resolvedRequestType;
  if (method === undefined || !request) {
    throw new ProtoFileError(
      `${event.declaredAt}: Service "${service}" of event "${event.key}" is not in ` +
        `${event.protoFile}: name a service of that file that has one method, or ` +
        "take the handler out",
    );
  }
  return {
    type,
    service,
    method: method.name,
    path: `/${service}/${method.name}`,
    package: event.package,
    decode: decoderOf(request),
  };
}

function methodOf(
  files: ProtoFiles,
  name: string,
): protobuf.Method | undefined {
  const found = files.root.lookup(name);
  if (found === null || !("methodsArray" in found)) return undefined;
  // The lookup also finds what only ends like this: the name would be wrong.
  if (found.fullName !== `.${name}`) return undefined;
  const { methodsArray } = found as protobuf.Service;
  return methodsArray.length === 1 ? methodsArray[0] : undefined;
}

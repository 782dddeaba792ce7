/**
 * Loads the parts of AGS's proto files that the registered handlers need.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import type protobuf from "protobufjs";
import type { Event } from "../core/event.ts";
import type { Result } from "../core/outcome.ts";
import type { CatalogEvent, EventCatalog } from "../core/catalog.ts";
import { type Decode, decoderOf } from "./message_codec.ts";
import { type MessageCost, messageCostOf } from "./message_cost.ts";
import { haveSameShape } from "./message_shape.ts";
import {
  ProtoFileError,
  type ProtoFiles,
  readProtoFiles,
} from "./proto_files.ts";

/** An event that is served. */
export interface ServedEvent {
  /** The type that its handler named. */
  readonly type: string;
  /** Full name of its service. */
  readonly service: string;
  /** The method's name; `OnMessage` for all of AGS's events. */
  readonly method: string;
  /** The method's path: `/package.Service/OnMessage`. */
  readonly path: string;
  /** Proto package of its service. */
  readonly package: string;
  /** The type of its message. */
  readonly message: protobuf.Type;
  /** Decodes bytes to the handler's data. */
  readonly decode: Decode;
  /** Estimates the decoded memory, in bytes. */
  readonly costOf: MessageCost;
  /**
   * The event's attributes, for messages without AGS's common envelope. Throws
   * if the message lacks what makes it an event.
   */
  readonly attributesOf?: (
    data: Readonly<Record<string, unknown>>,
  ) => Omit<Event, "source">;
  /** The answers, if they are not empty. */
  readonly answers?: Answers;
}

/** The answers of a method that has some. */
export interface Answers {
  /**
   * Encodes what the handler returned.
   *
   * @throws {TypeError} It is not a valid answer.
   */
  encode(value: unknown): Buffer;
  /**
   * The OK answer to an event that was not handled, or not by this delivery.
   */
  without(result: Result): Buffer;
}

/** The result of {@linkcode loadServedEvents}. */
export interface ServedEvents {
  /** The events. */
  readonly events: readonly ServedEvent[];
  /** The proto files of these events, and no others. */
  readonly files: ProtoFiles;
  /**
   * Events that nobody named and that cannot arrive, because their service does
   * not exist.
   */
  readonly absent: readonly CatalogEvent[];
}

/** Options of {@linkcode loadServedEvents}. */
export interface LoadServedEventsOptions {
  /**
   * The types that handlers name explicitly, not through a channel pattern.
   * AGS's own properties files name some services that its proto files do not
   * have.
   *
   * @default {all types}
   */
  readonly named?: ReadonlySet<string>;
}

/**
 * Loads the events with a handler.
 *
 * @param catalog All events.
 * @param types The types with a handler.
 * @throws {ProtoFileError} A proto file cannot be read, or lacks a service that
 * its properties file names; or one type has messages of different shape.
 */
export function loadServedEvents(
  catalog: EventCatalog,
  types: readonly string[],
  { named }: LoadServedEventsOptions = {},
): ServedEvents {
  const served = catalog.events.flatMap((event) => {
    const type = event.types.find((each) => types.includes(each));
    return type === undefined ? [] : [{ type, event }];
  });
  const names = new Set(served.map(({ event }) => event.protoFile));
  const files = readProtoFiles(catalog.protoFolder, names);
  const found = served.map(({ type, event }) => ({
    type,
    event,
    method: methodOf(files, event),
  }));
  const absent = found.filter(({ method }) => method === undefined);
  for (const { type, event } of absent) {
    if (named === undefined || named.has(type)) throw noService(event);
  }
  const loaded = found.flatMap(({ method, ...rest }) =>
    method === undefined ? [] : [{ ...rest, method }]
  );
  refuseTwoShapes(loaded);
  return {
    files,
    events: loaded.map(servedEvent),
    absent: absent.map(({ event }) => event),
  };
}

/** Loaded events by catalog and types, shared by all sources. */
const loadedOf = new WeakMap<EventCatalog, Map<string, ServedEvents>>();

/**
 * Loads events once for all sources that need them.
 *
 * @throws {ProtoFileError} As {@linkcode loadServedEvents}.
 */
export function servedEvents(
  catalog: EventCatalog,
  types: readonly string[],
  options: LoadServedEventsOptions = {},
): ServedEvents {
  const loaded = loadedOf.get(catalog) ?? new Map<string, ServedEvents>();
  loadedOf.set(catalog, loaded);
  const key = JSON.stringify([types, [...options.named ?? []]]);
  const served = loaded.get(key) ?? loadServedEvents(catalog, types, options);
  loaded.set(key, served);
  return served;
}

interface Loaded {
  readonly type: string;
  readonly event: CatalogEvent;
  readonly method: EventMethod;
}

function servedEvent({ type, event, method }: Loaded): ServedEvent {
  return {
    type,
    service: method.service,
    method: method.name,
    path: `/${method.service}/${method.name}`,
    package: event.package,
    message: method.request,
    decode: decoderOf(method.request),
    costOf: messageCostOf(method.request),
  };
}

function noService(event: CatalogEvent): ProtoFileError {
  const service = `${event.package}.${event.serviceName}`;
  return new ProtoFileError(
    `${event.declaredAt}: Service "${service}" of event "${event.key}" is ` +
      `not in ${event.protoFile}: name a service of that file that has one method, ` +
      "or remove the handler",
  );
}

/**
 * A key that several packages use refers to all of them. If their messages
 * differ, a handler has to name one, or all of them explicitly.
 */
function refuseTwoShapes(loaded: readonly Loaded[]): void {
  for (const [type, events] of Map.groupBy(loaded, ({ type }) => type)) {
    const [first, ...others] = events;
    const other = others.find(({ method }) =>
      first !== undefined &&
      !haveSameShape(first.method.request, method.request)
    );
    if (first === undefined || other === undefined) continue;
    const qualified = events.map(({ event }) => `"${event.types[0]}"`);
    throw new ProtoFileError(
      `${other.event.declaredAt}: Event type "${type}" has two messages of different ` +
        `shape, this one and that of ${first.event.declaredAt}: name ` +
        `${qualified.join(" or ")} in the handler, or all of them in a list`,
    );
  }
}

/** The method of an event's service, with its request type. */
export interface EventMethod {
  /** Full name of the service. */
  readonly service: string;
  /** Its own name. */
  readonly name: string;
  /** The type of the event's message. */
  readonly request: protobuf.Type;
  /** The type of its answer; `google.protobuf.Empty` for AGS's events. */
  readonly response: protobuf.Type;
}

/** The method that receives an event; `undefined` if the files have none. */
export function methodOf(
  { root }: ProtoFiles,
  event: Pick<CatalogEvent, "package" | "serviceNames">,
): EventMethod | undefined {
  for (const serviceName of event.serviceNames) {
    const service = `${event.package}.${serviceName}`;
    const found = root.lookup(service);
    if (found === null || !("methodsArray" in found)) continue;
    // The lookup also matches longer names with this ending, which would be
    // wrong.
    if (found.fullName !== `.${service}`) continue;
    const { methodsArray: [method, ...others] } = found as protobuf.Service;
    const request = method?.resolvedRequestType;
    const response = method?.resolvedResponseType;
    if (others.length > 0 || !method || !request || !response) continue;
    return { service, name: method.name, request, response };
  }
  return undefined;
}

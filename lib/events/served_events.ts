/**
 * Loads what the registered handlers need of AGS's proto files.
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
  /** The message, as its proto file describes it. */
  readonly message: protobuf.Type;
  /** Turns bytes into what the handler gets. */
  readonly decode: Decode;
  /** Counts what that takes, in bytes. */
  readonly costOf: MessageCost;
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
  /** Events that nobody named, and that cannot come: their service does not exist. */
  readonly absent: readonly CatalogEvent[];
}

/** Options of {@linkcode loadServedEvents}. */
export interface LoadServedEventsOptions {
  /**
   * The types that handlers name themselves, not by the pattern of a channel: AGS's own
   * properties files name services that its proto files do not have.
   *
   * @default {all types}
   */
  readonly named?: ReadonlySet<string>;
}

/**
 * Loads the events that have a handler.
 *
 * @param catalog All events.
 * @param types The types that have a handler.
 * @throws {ProtoFileError} A proto file cannot be read; or lacks a service that the
 * properties file beside it names; or one type stands for messages of different shape.
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

/** What has been loaded of each catalog, by the types: sources share it. */
const loadedOf = new WeakMap<EventCatalog, Map<string, ServedEvents>>();

/**
 * The same, loaded once for all sources that ask for it.
 *
 * @throws {ProtoFileError} As {@linkcode loadServedEvents} does.
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
      "or take the handler out",
  );
}

/**
 * A key that several packages use stands for all of them. Where their messages differ,
 * a handler has to say which it means, or that it means all.
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
      `${other.event.declaredAt}: Event type "${type}" is two messages of different ` +
        `shape, this one and that of ${first.event.declaredAt}: name ` +
        `${qualified.join(" or ")} in the handler, or all of them in a list`,
    );
  }
}

/** The one method of an event's service, with its request. */
export interface EventMethod {
  /** Full name of the service. */
  readonly service: string;
  /** Its own name. */
  readonly name: string;
  /** The event's message. */
  readonly request: protobuf.Type;
  /** What it is answered; `google.protobuf.Empty` for AGS's events. */
  readonly response: protobuf.Type;
}

/** The method that takes an event; `undefined` where the files have none. */
export function methodOf(
  { root }: ProtoFiles,
  event: Pick<CatalogEvent, "package" | "serviceNames">,
): EventMethod | undefined {
  for (const serviceName of event.serviceNames) {
    const service = `${event.package}.${serviceName}`;
    const found = root.lookup(service);
    if (found === null || !("methodsArray" in found)) continue;
    // The lookup also finds what only ends like this: the name would be wrong.
    if (found.fullName !== `.${service}`) continue;
    const { methodsArray: [method, ...others] } = found as protobuf.Service;
    const request = method?.resolvedRequestType;
    const response = method?.resolvedResponseType;
    if (others.length > 0 || !method || !request || !response) continue;
    return { service, name: method.name, request, response };
  }
  return undefined;
}

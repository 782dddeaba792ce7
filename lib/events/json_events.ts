/**
 * Reads events from JSON: identifies the event and decodes its message.
 *
 * @module
 */

import { isObject } from "../core/is_object.ts";
import type protobuf from "protobufjs";
import { TerminalError } from "../core/errors.ts";
import { parseEventType } from "../core/event_key.ts";
import { type ExactJsonOptions, parseExactJson } from "../core/exact_json.ts";
import { jsonCost, type JsonCosts } from "../core/json_cost.ts";
import type { CatalogEvent, EventCatalog } from "../core/catalog.ts";
import { type DecodeJson, jsonDecoderOf } from "./json_codec.ts";
import { propertyName } from "./message_codec.ts";
import { jsonCostsOf } from "./message_cost.ts";
import { loadServedEvents, type ServedEvent } from "./served_events.ts";

/** Options of {@linkcode createJsonEvents}. */
export interface JsonEventsOptions {
  /** All events. */
  readonly catalog: EventCatalog;
  /** Events with a handler. */
  readonly served: readonly ServedEvent[];
  /** Fields that any envelope may have; they do not count as unknown. */
  readonly envelopeFields: ReadonlySet<string>;
  /**
   * One of them with a long number that no message contains and that need not
   * be exact.
   */
  readonly longField?: string;
}

/** A reader of JSON events. */
export interface JsonEvents {
  /** The channels of the events with a handler: their topics. */
  readonly channels: readonly string[];
  /**
   * Estimates the memory of an event once it is read.
   *
   * @param channel The channel it arrived on.
   * @param bytes Its envelope, in UTF-8.
   */
  costOf(channel: string, bytes: Uint8Array): number;
  /**
   * Reads an event.
   *
   * @param channel The channel it arrived on.
   * @param text Its envelope.
   * @throws {SyntaxError} It is not a JSON object, or has no name. The message
   * shows nothing of it.
   */
  read(channel: string, text: string): JsonEvent;
}

/** The result of reading. */
export interface JsonEvent {
  /** Its unmodified envelope. */
  readonly envelope: Readonly<Record<string, unknown>>;
  /** The event; `undefined` if no handler takes it. */
  readonly known: KnownEvent | undefined;
}

/** An event with a handler. */
export interface KnownEvent {
  /** Its type. */
  readonly type: string;
  /** Proto package of its service. */
  readonly source: string;
  /** Its message; `undefined` if it does not decode. */
  readonly data: Record<string, unknown> | undefined;
  /** Why it does not decode. */
  readonly malformed: TerminalError | undefined;
  /** The number of its fields that the message does not define. */
  readonly unknownFields: number;
}

/** One of the events that share a key. */
interface Candidate {
  /** The type that its handler named; `undefined` if none did. */
  readonly type: string | undefined;
  readonly source: string;
  readonly message: protobuf.Type;
  readonly decode: DecodeJson;
  /** Whether its message is the envelope's payload. */
  readonly isPayload: boolean;
  /** Envelope fields that its message does not have. */
  readonly extra: ReadonlySet<string>;
}

/** Creates a reader of the events with a handler, by their keys. */
export function createJsonEvents(options: JsonEventsOptions): JsonEvents {
  const candidates = new Map<string, Candidate[]>();
  for (const { key, ...candidate } of allCandidates(options)) {
    candidates.set(key, [...candidates.get(key) ?? [], candidate]);
  }
  const costs = costsOf(candidates);
  const except = options.longField;
  const channels = new Set(
    [...candidates.keys()].map((key) => parseEventType(key).channel),
  );
  return {
    channels: [...channels].sort(),
    costOf: (channel, bytes) => jsonCost(bytes, costs.get(channel)),
    read(channel, text) {
      const envelope = parseObject(text, { except });
      const { name } = envelope;
      if (typeof name !== "string" || name === "") {
        throw new SyntaxError(
          "Event has no name: expected one in its envelope",
        );
      }
      const among = candidates.get(`${channel}.${name}`);
      const known = among && choose(among, envelope);
      return { envelope, known };
    },
  };
}

/**
 * The costs of values by channel; the event's name, and so its type, is not
 * known yet.
 */
function costsOf(
  candidates: ReadonlyMap<string, readonly Candidate[]>,
): ReadonlyMap<string, JsonCosts> {
  const channels = Map.groupBy(
    candidates,
    ([key]) => parseEventType(key).channel,
  );
  return new Map(
    [...channels].map(([channel, all]) => [
      channel,
      jsonCostsOf(
        all.flatMap(([, each]) => each.map(({ message }) => message)),
      ),
    ]),
  );
}

/**
 * The events with a handler, and those that share a key with them, ordered by
 * the number of their messages' fields.
 */
function allCandidates(
  { catalog, served, envelopeFields }: JsonEventsOptions,
): readonly (Candidate & { readonly key: string })[] {
  const types = new Set(served.map(({ type }) => type));
  const isServed = ({ types: each }: CatalogEvent) =>
    each.some((type) => types.has(type));
  const keys = new Set(catalog.events.filter(isServed).map(({ key }) => key));
  const others = catalog.events.filter((event) =>
    keys.has(event.key) && !isServed(event)
  );
  const loaded = others.length === 0 ? [] : loadServedEvents(
    { ...catalog, events: others },
    others.map(({ types: [type = ""] }) => type),
    { named: new Set() },
  ).events;
  const rows = [
    ...served.map((event) => ({ event, type: event.type })),
    ...loaded.map((event) => ({ event, type: undefined })),
  ];
  return rows.sort((a, b) => size(a.event.message) - size(b.event.message))
    .map(({ event: { type: name, message, package: source }, type }) => ({
      key: parseEventType(name).key,
      type,
      source,
      message,
      decode: jsonDecoderOf(message),
      isPayload: !("id" in message.fields || "payload" in message.fields),
      extra: new Set(
        [...envelopeFields].filter((field) => !hasField(message, field)),
      ),
    }));
}

function size(message: protobuf.Type): number {
  return message.fieldsArray.length;
}

function hasField(message: protobuf.Type, name: string): boolean {
  return message.fieldsArray.some((field) =>
    name === field.name || name === propertyName(field.name) ||
    name === field.options?.json_name
  );
}

/**
 * The event whose message has the most of the envelope's fields: for a key that
 * several packages use, nothing else identifies it.
 */
function choose(
  candidates: readonly Candidate[],
  envelope: Record<string, unknown>,
): KnownEvent | undefined {
  let best: Read | undefined;
  for (const candidate of candidates) {
    const read = readAs(candidate, envelope);
    if (best === undefined || isBetter(read, best)) best = read;
  }
  if (best?.candidate.type === undefined) return undefined;
  const { candidate: { type, source }, decoded, malformed } = best;
  const unknownFields = decoded === undefined || decoded.unknownFields === 0
    ? 0
    : decoded.unknownFields - extraFields(best.candidate, envelope);
  return { type, source, data: decoded?.data, malformed, unknownFields };
}

function extraFields(
  { isPayload, extra }: Candidate,
  envelope: Record<string, unknown>,
): number {
  if (isPayload && isObject(envelope.payload)) return 0;
  return Object.entries(envelope).filter(([key, value]) =>
    extra.has(key) && value !== null && value !== ""
  ).length;
}

interface Read {
  readonly candidate: Candidate;
  readonly decoded?: ReturnType<DecodeJson>;
  readonly malformed: TerminalError | undefined;
}

function isBetter(a: Read, b: Read): boolean {
  if (a.decoded === undefined) return false;
  if (b.decoded === undefined) return true;
  return a.decoded.unknownFields < b.decoded.unknownFields;
}

function readAs(
  candidate: Candidate,
  envelope: Record<string, unknown>,
): Read {
  try {
    return {
      candidate,
      decoded: candidate.decode(messageIn(candidate, envelope)),
      malformed: undefined,
    };
  } catch (cause) {
    const malformed = new TerminalError(
      `Event does not decode as the message of ${candidate.source}`,
      { cause },
    );
    return { candidate, malformed };
  }
}

/** AGS's group events are only the payload: their messages have no envelope. */
function messageIn(
  { isPayload }: Candidate,
  envelope: Record<string, unknown>,
): unknown {
  return isPayload && isObject(envelope.payload) ? envelope.payload : envelope;
}

function parseObject(
  text: string,
  options: ExactJsonOptions,
): Record<string, unknown> {
  let json: unknown;
  try {
    json = parseExactJson(text, options);
  } catch {
    // The parser's message quotes the text, which may contain personal data.
    throw new SyntaxError("Event is not JSON");
  }
  if (isObject(json)) return json;
  throw new SyntaxError("Event is not a JSON object");
}

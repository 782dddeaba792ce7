/**
 * What AGS's files say of each event.
 *
 * @module
 */

import protobuf from "protobufjs";
import { nameEvents, parseEventType } from "../../lib/core/event_key.ts";
import { phraseOf } from "../event_words.ts";
import type { ProtoFile } from "../gen/proto_source.ts";
import { nameTypes } from "../gen/type_names.ts";
import { typesPath } from "../gen/type_text.ts";

/** An event. */
export interface EventFacts {
  /** The types it goes by, most specific first; see `lib/core/event_key.ts`. */
  readonly types: readonly [string, ...string[]];
  /** The vendor's key, which another event may share. */
  readonly key: string;
  /** What comes before the key's first dot. */
  readonly channel: string;
  /** What its name says. */
  readonly says: string;
  /** Full name of the service that takes it. */
  readonly service: string;
  /** The service's method. */
  readonly method: string;
  /** Full name of its message. */
  readonly message: string;
  /** The proto file, relative to the proto folder. */
  readonly protoFile: string;
  /** The file with its type, relative to the proto folder. */
  readonly typesFile: string;
  /** The name of its type there. */
  readonly typeName: string;
  /** Whether AGS gives it an id. */
  readonly hasId: boolean;
  /** Paths of the fields that name a namespace, those of the envelope first. */
  readonly namespaceFields: readonly string[];
  /** Paths of the fields that name AGS users, those of the envelope first. */
  readonly userFields: readonly string[];
  /** Names of the fields in the event's own parts, each once. */
  readonly fields: readonly string[];
  /** Names of the fields around them, which most events have. */
  readonly envelope: readonly string[];
}

/** An event's service is not there. */
export class EventFactsError extends Error {
  override name = "EventFactsError";
}

/**
 * All events of these proto files, sorted by type.
 *
 * @throws {EventFactsError} A service takes no message of its own file.
 */
export function eventFacts(
  files: readonly ProtoFile[],
): readonly EventFacts[] {
  const declared = files.flatMap((file) => {
    const { names } = nameTypes(file);
    return file.events.map((entry) => ({
      ...entry,
      package: file.package,
      file,
      names,
    }));
  });
  return nameEvents(declared).map(({ event, types }) => {
    const { key, file, names, serviceName } = event;
    const service = file.services.find(({ name }) => name === serviceName);
    const method = service?.methodsArray[0];
    const message = method?.resolvedRequestType;
    const typeName = message ? names.get(message) : undefined;
    if (method === undefined || !message || typeName === undefined) {
      throw new EventFactsError(
        `Service "${serviceName}" of event "${key}" in ${file.path} takes no event: ` +
          "wanted a method whose request is a message of the same file",
      );
    }
    const { channel, name } = parseEventType(key);
    const places = placesOf(message);
    const pathsOf = (isWanted: (place: Place) => boolean) =>
      places.filter(isWanted).sort((a, b) => a.depth - b.depth)
        .map(({ path }) => path);
    const namesOf = (isWanted: (place: Place) => boolean) => [
      ...new Set(places.filter(isWanted).map(({ field }) => field.name)),
    ];
    return {
      types,
      key,
      channel,
      says: phraseOf(name),
      service: `${file.package}.${serviceName}`,
      method: method.name,
      message: message.fullName.slice(1),
      protoFile: file.path,
      typesFile: typesPath(file.path),
      typeName,
      hasId: "id" in message.fields,
      namespaceFields: pathsOf(({ field }) =>
        field.type === "string" && /namespace$/i.test(field.name)
      ),
      userFields: pathsOf(({ field }) => namesUser(field)),
      fields: namesOf(({ depth, field }) => depth > 0 || !isEnvelope(field)),
      envelope: namesOf(({ depth, field }) => depth === 0 && isEnvelope(field)),
    };
  }).sort((a, b) => compare(a.types[0], b.types[0]));
}

/** Whether a field names a user of AGS: other platforms have ids of their own. */
function namesUser({ type, name }: protobuf.Field): boolean {
  return type === "string" && /user_?ids?$/i.test(name) &&
    !/^(ext|thirdParty)|platform/i.test(name);
}

/** A field of a message, or of one in it. */
interface Place {
  readonly path: string;
  readonly field: protobuf.Field;
  /** 0 for the message's own fields. */
  readonly depth: number;
}

function placesOf(message: protobuf.Type): Place[] {
  function* visit(
    type: protobuf.Type,
    { prefix, around }: {
      readonly prefix: string;
      readonly around: readonly protobuf.Type[];
    },
  ): Generator<Place> {
    for (const field of type.fieldsArray) {
      const each = field.map || field.repeated ? "[]" : "";
      const path = `${prefix}${field.name}${each}`;
      yield { path, field, depth: around.length };
      const inner = field.resolvedType;
      if (!(inner instanceof protobuf.Type)) continue;
      // Protobuf's own messages are values; some others contain themselves.
      if (inner.fullName.startsWith(".google.")) continue;
      if (inner === type || around.includes(inner)) continue;
      yield* visit(inner, { prefix: `${path}.`, around: [...around, type] });
    }
  }
  return [...visit(message, { prefix: "", around: [] })];
}

/** What AGS writes around an event's own parts. */
const ENVELOPE: ReadonlySet<string> = new Set([
  "clientId",
  "id",
  "name",
  "namespace",
  "parentNamespace",
  "payload",
  "sessionId",
  "spanContext",
  "timestamp",
  "traceId",
  "userId",
  "version",
]);

function isEnvelope({ name }: protobuf.Field): boolean {
  return ENVELOPE.has(name);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Writes `proto/events.ts`: the map from event type to the event's message.
 *
 * @module
 */

import { nameEvents } from "../../lib/core/event_key.ts";
import { haveSameShape } from "../../lib/events/message_shape.ts";
import type protobuf from "protobufjs";
import type { AbsentEvent, ProtoFile } from "./proto_source.ts";
import { nameTypes } from "./type_names.ts";
import {
  importPath,
  moduleName,
  TYPES_HEADER,
  typesPath,
} from "./type_text.ts";

/** Path under the proto folder of the event map. */
export const EVENTS_PATH = "events.ts";

/** An event type's service has another form than `OnMessage`. */
export class EventServiceError extends Error {
  override name = "EventServiceError";
}

interface DeclaredEvent {
  readonly key: string;
  readonly package: string;
  readonly service: string;
  readonly path: string;
  readonly type: string;
  readonly request: protobuf.Type;
}

/**
 * The event map of these proto files, not yet formatted.
 *
 * @throws {TypeError} A package declares the same key twice.
 * @throws {EventServiceError} A service has no method, or several, or its request is
 * declared in another file.
 */
export function eventsText(files: readonly ProtoFile[]): string {
  const events = files.flatMap(declaredEvents);
  const byType = new Map<string, DeclaredEvent[]>();
  for (const { event, types } of nameEvents(events)) {
    // The key before what qualifies it.
    for (const type of types.toReversed()) {
      byType.set(type, [...byType.get(type) ?? [], event]);
    }
  }
  const paths = [...new Set(events.map(({ path }) => path))];
  return [
    `${TYPES_HEADER}\n`,
    moduleDoc(files.flatMap(({ absent }) => absent)),
    ...paths.map((path) =>
      `import type * as ${moduleName(path)} from "${
        importPath(EVENTS_PATH, typesPath(path))
      }";`
    ),
    "",
    EVENT_DATA_DOC,
    "export interface EventData {",
    ...[...byType].flatMap(([type, sharers]) => member(type, sharers)),
    "}\n",
    "/** Every event type: the vendor's keys, and the qualified ones. */",
    "export type EventType = keyof EventData;\n",
  ].join("\n");
}

/** `@internal`: the documentation of `mod.ts` need not list every message. */
const EVENT_DATA_DOC = `/**
 * The message of every event, by event type.
 *
 * @internal
 */`;

function moduleDoc(absent: readonly AbsentEvent[]): string {
  const lines = absent.map(({ key, serviceName, declaredAt }) =>
    ` * - \`${key}\`: \`${serviceName}\`, ${declaredAt}`
  );
  return [
    "/**",
    " * Every event that the proto files beside this one describe.",
    " *",
    " * A key that several packages use has the messages of all of them, and each has a",
    " * qualified type: see `lib/core/event_key.ts`.",
    ...lines.length === 0 ? [] : [
      " *",
      " * Events whose service no proto file has, so that they cannot come:",
      " *",
      ...lines,
    ],
    " *",
    " * @module",
    " */\n",
  ].join("\n");
}

function declaredEvents(file: ProtoFile): readonly DeclaredEvent[] {
  const { names } = nameTypes(file);
  return file.events.map(({ key, serviceName }) => {
    const service = file.services.find(({ name }) => name === serviceName);
    const [method, ...others] = service?.methodsArray ?? [];
    const request = method?.resolvedRequestType;
    const type = request ? names.get(request) : undefined;
    if (others.length > 0 || !request || type === undefined) {
      throw new EventServiceError(
        `Service "${serviceName}" of event "${key}" in ${file.path} takes no event: ` +
          `wanted one method whose request is a message of the same file`,
      );
    }
    return {
      key,
      package: file.package,
      service: `${file.package}.${serviceName}`,
      path: file.path,
      type: `${moduleName(file.path)}.${type}`,
      request,
    };
  });
}

/** `loadServedEvents()` makes sure of it at start. */
const TWO_SHAPES =
  " Their messages differ: a handler names a qualified type, or all.";

function member(
  type: string,
  sharers: readonly DeclaredEvent[],
): readonly string[] {
  const services = sharers.map(({ service, path }) =>
    `\`${service}\` in \`${path}\``
  );
  const union = sharers.map((sharer) => sharer.type).join(" | ");
  const [first, ...others] = sharers;
  const differ = first !== undefined &&
    others.some(({ request }) => !haveSameShape(first.request, request));
  return [
    `/** ${services.join(", or ")}.${differ ? TWO_SHAPES : ""} */`,
    `readonly ${JSON.stringify(type)}: ${union};`,
  ];
}

/**
 * All there is to know of one event.
 *
 * @module
 */

import { join } from "node:path";
import { task } from "../_command.ts";
import { findEvent } from "../event_source.ts";
import type { JsonObject } from "../event_json.ts";
import { sampleEvent } from "../sample.ts";
import { declarationsOf } from "./declaration.ts";
import type { EventFacts } from "./event_facts.ts";
import type { Paint } from "./paint.ts";

/** An event with its type's source and a sample. */
export interface EventDetail extends EventFacts {
  /** Its type, and those of all messages in it. */
  readonly typescript: string;
  /** One such event. */
  readonly sample: JsonObject;
}

/** Options of {@linkcode detailOf}. */
export interface DetailOptions {
  /** The proto folder. */
  readonly protoFolder: string;
  /** The namespace that the sample happens in. */
  readonly namespace: string;
}

/**
 * Adds an event's type and a sample.
 *
 * @throws {DeclarationError} The generated files do not have the type.
 */
export function detailOf(
  event: EventFacts,
  { protoFolder, namespace }: DetailOptions,
): EventDetail {
  const type = event.types[0];
  const { message } = findEvent(protoFolder, type);
  const declarations = declarationsOf(protoFolder, {
    file: event.typesFile,
    name: event.typeName,
  });
  return {
    ...event,
    typescript: declarations.join("\n\n"),
    sample: sampleEvent(message, { type, namespace }),
  };
}

/** The lines that show it. */
export function detailLines(
  detail: EventDetail,
  paint: Paint,
): readonly string[] {
  const { types: [type, ...others], says } = detail;
  const rows: readonly (readonly [name: string, text: string])[] = [
    ["Service", `${detail.service}/${detail.method}`],
    ["Message", detail.message],
    ["Proto", join("proto", detail.protoFile)],
    ["Type", `${detail.typeName} in ${join("proto", detail.typesFile)}`],
    ["Namespace", detail.namespaceFields.join(", ")],
    ["User", detail.userFields.join(", ")],
    ...(detail.hasId ? [] : [["Id", "none: event.id is a hash"] as const]),
    ...(others.length === 0
      ? []
      : [["Also", `${others.join(", ")}, with others of that key`] as const]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    `${paint("cyan", type)}  ${says}`,
    "",
    ...rows.filter(([, text]) => text !== "").map(([name, text]) =>
      `${paint("dim", name.padEnd(width))}  ${text}`
    ),
    "",
    paint("bold", "event.data"),
    "",
    detail.typescript,
    "",
    paint("bold", "A sample"),
    "",
    JSON.stringify(detail.sample, null, 2),
    "",
    `${paint("dim", "Send it  ")}  ${task(`send ${type}`)}`,
    `${paint("dim", "Handle it")}  ${task(`new handler ${type}`)}`,
  ];
}

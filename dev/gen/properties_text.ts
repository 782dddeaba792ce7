/**
 * Writes the two properties files of a proto file: event key to service, and event
 * key to message.
 *
 * @module
 */

import type { FileFacts } from "./facts.ts";

/** The two properties files of one proto file. */
export interface PropertiesTexts {
  /** Content of `<name>.sc.properties`: event key = Java class of the service. */
  readonly services: string;
  /** Content of `<name>.mc.properties`: event key = Java class of the message. */
  readonly messages: string;
}

/**
 * The properties files of these facts, or `undefined` if the file has no events.
 *
 * @throws {TypeError} The file has events but no `java_package`.
 */
export function propertiesTexts(facts: FileFacts): PropertiesTexts | undefined {
  const events = Object.entries(facts.services).flatMap((
    [service, { request, events }],
  ) => events.map((key) => ({ key, service, request })));
  if (events.length === 0) return undefined;
  const javaPackage = facts.options["java_package"];
  if (typeof javaPackage !== "string") {
    throw new TypeError(
      `File ${facts.file} has events but no option java_package: expected the package of its Java classes`,
    );
  }
  return {
    services: [
      "# Which gRPC service takes which AGS event: channel.eventName = service class.",
      ...events.map(({ key, service }) => `${key} = ${javaPackage}.${service}`),
      "",
    ].join("\n"),
    messages: [
      "# Which message an AGS event is sent as: channel.eventName = message class.",
      ...events.map(({ key, request }) => `${key} = ${javaPackage}.${request}`),
      "",
    ].join("\n"),
  };
}

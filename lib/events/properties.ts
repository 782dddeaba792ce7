/**
 * Reads the files that map AGS event keys to services and messages.
 *
 * AGS publishes two of them beside each proto file: `<name>.sc.properties` names
 * the gRPC service that takes an event, `<name>.mc.properties` the message it is
 * sent as. One line an event, `channel.eventName = java.package.ClassName`; the
 * class's own name is the name in the proto file.
 *
 * @module
 */

import { StartError } from "../core/errors.ts";

/** One line of a properties file. */
export interface EventProperty {
  /** The vendor's event key: `userAuthentication.userLoggedIn`. */
  readonly key: string;
  /** The Java class, as written: `net.accelbyte.iam.account.UserLoggedInService`. */
  readonly className: string;
  /** The class's own name, which the proto file has too: `UserLoggedInService`. */
  readonly serviceName: string;
  /** Line number, from 1. */
  readonly line: number;
}

/** Where a properties file is wrong, and what it should say. */
export class EventPropertiesError extends StartError {
  override name = "EventPropertiesError";
  /** The file, as the caller named it. */
  readonly file: string;
  /** Line number, from 1. */
  readonly line: number;

  /** Creates the error; the message starts with `file:line`. */
  constructor(file: string, line: number, problem: string) {
    super(`${file}:${line}: ${problem}`);
    this.file = file;
    this.line = line;
  }
}

/** A key has a channel and a name; `@` and `*` mean something else in event types. */
const KEY = /^[^\s.=:@*#!\\]+(\.[^\s.=:@*#!\\]+)+$/;
const CLASS_NAME = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/;

/** Options of {@linkcode parseEventProperties}. */
export interface ParseEventPropertiesOptions {
  /** The file's name, for errors. */
  readonly file: string;
}

/**
 * Reads a properties file.
 *
 * Takes what AGS writes: comments (`#`, `!`), empty lines, and `key = class`.
 *
 * @param text The file's content.
 * @throws {EventPropertiesError} A line is something else, or a key comes twice.
 */
export function parseEventProperties(
  text: string,
  { file }: ParseEventPropertiesOptions,
): readonly EventProperty[] {
  const entries = new Map<string, EventProperty>();
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  for (const [index, content] of lines.entries()) {
    const entry = parseLine(content.trim(), { file, line: index + 1 });
    if (entry === undefined) continue;
    const earlier = entries.get(entry.key);
    if (earlier !== undefined) {
      throw new EventPropertiesError(
        file,
        entry.line,
        `Event key "${entry.key}" is already on line ${earlier.line}: remove one of the two lines`,
      );
    }
    entries.set(entry.key, entry);
  }
  return [...entries.values()];
}

function parseLine(
  content: string,
  { file, line }: { readonly file: string; readonly line: number },
): EventProperty | undefined {
  if (content === "" || content.startsWith("#") || content.startsWith("!")) {
    return undefined;
  }
  const equals = content.indexOf("=");
  if (equals < 0) {
    throw new EventPropertiesError(
      file,
      line,
      `Line "${content}" has no "=": write "channel.eventName = java.package.ServiceName"`,
    );
  }
  const key = content.slice(0, equals).trimEnd();
  const className = content.slice(equals + 1).trimStart();
  if (!KEY.test(key)) {
    throw new EventPropertiesError(
      file,
      line,
      `Event key "${key}" is not of the form "channel.eventName": correct the part before "="`,
    );
  }
  if (!CLASS_NAME.test(className)) {
    throw new EventPropertiesError(
      file,
      line,
      `Class "${className}" of event "${key}" names no service: write "java.package.ServiceName" after "="`,
    );
  }
  const serviceName = className.slice(className.lastIndexOf(".") + 1);
  return { key, className, serviceName, line };
}

/**
 * Parses the files that map AGS event keys to services and messages.
 *
 * AGS publishes two of them with each proto file: `<name>.sc.properties` names
 * the gRPC service that receives an event, `<name>.mc.properties` the message
 * that it is sent as. Each line is
 * `channel.eventName = java.package.ClassName`; the class name is the name in
 * the proto file.
 *
 * @module
 */

import { StartError } from "../core/errors.ts";

/** One line of a properties file. */
export interface EventProperty {
  /** AGS's event key: `userAuthentication.userLoggedIn`. */
  readonly key: string;
  /** The Java class, as written: `net.accelbyte.iam.account.UserLoggedInService`. */
  readonly className: string;
  /**
   * The class name, which is also the name in the proto file:
   * `UserLoggedInService`.
   */
  readonly serviceName: string;
  /** Line number, from 1. */
  readonly line: number;
}

/** A properties file is invalid; says where, and what is expected. */
export class EventPropertiesError extends StartError {
  override name = "EventPropertiesError";
  /** The file, as named by the caller. */
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

/**
 * A key has a channel and a name; `@` and `*` have other meanings in event
 * types.
 */
const KEY = /^[^\s.=:@*#!\\]+(\.[^\s.=:@*#!\\]+)+$/;
const CLASS_NAME = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/;

/** Options of {@linkcode parseEventProperties}. */
export interface ParseEventPropertiesOptions {
  /** The file's name, for errors. */
  readonly file: string;
}

/**
 * Parses a properties file.
 *
 * It accepts AGS's syntax: comments (`#`, `!`), empty lines, and `key = class`.
 *
 * @param text The file's content.
 * @throws {EventPropertiesError} A line is something else, or a key occurs
 * twice.
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

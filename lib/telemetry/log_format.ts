/**
 * Formats log records: as JSON lines, or for a terminal.
 *
 * @module
 */

import type { LogRecord } from "@logtape/logtape";
import { type PlainError, plainFields, plainText } from "./log_fields.ts";

/**
 * One JSON object and a line feed: `time`, `level`, `logCategory`, `message`,
 * then the fields. A field with one of those names is omitted.
 */
export function formatJson(record: LogRecord): string {
  const head = {
    time: new Date(record.timestamp).toISOString(),
    level: levelOf(record),
    // Not "category", which AGS's items have.
    logCategory: record.category.join("."),
    message: textOf(record),
  };
  // Twice: the first time for the order, the second for the values.
  const line = { ...head, ...plainFields(record.properties), ...head };
  return `${JSON.stringify(line)}\n`;
}

/** Time, level, message, then `name=value`; errors on separate lines. */
export function formatPretty(record: LogRecord): string {
  const time = new Date(record.timestamp).toISOString().slice(11, 23);
  const level = levelOf(record);
  const { error, ...fields } = plainFields(record.properties);
  const pairs = Object.entries(fields).map(([name, value]) =>
    ` ${DIM}${oneLine(name)}=${RESET}${oneLine(shown(value))}`
  ).join("");
  const head = `${DIM}${time}${RESET} ${COLOURS[level]}${
    level.padEnd(5)
  }${RESET} `;
  const tail = error === undefined ? "" : `\n${indent(prettyError(error))}`;
  return `${head}${oneLine(textOf(record))}${pairs}${tail}\n`;
}

/** Colours only on a terminal whose user wants them (`NO_COLOR`). */
const isColoured = !Deno.noColor && Deno.stdout.isTerminal();

const RESET = colour(0);
const DIM = colour(2);
const COLOURS: Readonly<Record<string, string>> = {
  debug: colour(34),
  info: colour(32),
  warn: colour(33),
  error: colour(31),
};

function colour(code: number): string {
  return isColoured ? `\x1b[${code}m` : "";
}

function levelOf(record: LogRecord): string {
  return record.level === "warning" ? "warn" : record.level;
}

/**
 * The original message. LogTape's own form fills fields into `{name}`, which
 * could write what must not be written.
 */
function textOf({ rawMessage }: LogRecord): string {
  return plainText(
    typeof rawMessage === "string" ? rawMessage : rawMessage.join(""),
  );
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : String(JSON.stringify(value));
}

/**
 * Text that cannot control a terminal: an event's text may come from a player.
 */
export function oneLine(text: string): string {
  return text.replace(/\p{Cc}/gu, (control) => {
    const code = control.charCodeAt(0).toString(16).padStart(4, "0");
    return ESCAPES[control] ?? `\\u${code}`;
  });
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function prettyError(error: unknown): string {
  if (!isPlainError(error)) return lines(shown(error));
  const { name, message, stack, cause, errors } = error;
  return [
    lines(`${name}: ${message}`),
    ...(stack ? [lines(stack)] : []),
    ...(cause === undefined ? [] : [`caused by ${prettyError(cause)}`]),
    ...(Array.isArray(errors)
      ? errors.map((each) => `one of them: ${prettyError(each)}`)
      : []),
  ].join("\n");
}

function lines(text: string): string {
  return text.split("\n").map(oneLine).join("\n");
}

function isPlainError(error: unknown): error is PlainError {
  return typeof error === "object" && error !== null && "name" in error &&
    "message" in error && typeof error.message === "string";
}

function indent(text: string): string {
  return text.replace(/^/gm, "    ");
}

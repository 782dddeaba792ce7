/**
 * The library's log.
 *
 * @module
 */

/** The library's log. It never receives a body, a query or a key. */
export interface UpstreamLog {
  /** Something was refused, or is configured in a way unfit for production. */
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
  /** A handler failed. */
  error(message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** Writes to the console. */
export const consoleLog: UpstreamLog = {
  // deno-lint-ignore no-console -- the default log
  warn: (message, fields) => console.warn(message, fields),
  // deno-lint-ignore no-console -- the default log
  error: (message, fields) => console.error(message, fields),
};

/** Longest header text in a log, in characters: anybody can send headers. */
const MAX_TEXT = 200;

/** Headers that identify a request, also in the service's own logs. */
const FIELDS: Readonly<Record<string, string>> = {
  requestId: "x-ms-client-request-id",
  origin: "webhook-request-origin",
  hub: "ce-hub",
  connectionId: "ce-connectionid",
  eventType: "ce-type",
  eventId: "ce-id",
};

/** The log fields of a request. */
export function fieldsOf(headers: Headers): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = {};
  for (const [field, name] of Object.entries(FIELDS)) {
    const text = headers.get(name);
    if (text !== null) fields[field] = text.slice(0, MAX_TEXT);
  }
  return fields;
}

/** The log entry of an error and its request. */
export function entryOf(
  message: string,
  headers: Headers,
  error: unknown,
): [string, Readonly<Record<string, unknown>>] {
  return [message, { ...fieldsOf(headers), error }];
}

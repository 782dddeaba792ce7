/**
 * Where the library says what happens.
 *
 * @module
 */

/** Where the library says what happens. It never gets a body, a query or a key. */
export interface UpstreamLog {
  /** Something is refused, or set up in a way that is not for production. */
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
  /** A handler has failed. */
  error(message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** Writes to the console. */
export const consoleLog: UpstreamLog = {
  // deno-lint-ignore no-console -- until the app says where else
  warn: (message, fields) => console.warn(message, fields),
  // deno-lint-ignore no-console -- until the app says where else
  error: (message, fields) => console.error(message, fields),
};

/** Longest text of a header in a log, in characters: anybody can send headers. */
const MAX_TEXT = 200;

/** Headers that find a request again, in the service's own logs as well. */
const FIELDS: Readonly<Record<string, string>> = {
  requestId: "x-ms-client-request-id",
  origin: "webhook-request-origin",
  hub: "ce-hub",
  connectionId: "ce-connectionid",
  eventType: "ce-type",
  eventId: "ce-id",
};

/** What a log says of a request. */
export function fieldsOf(headers: Headers): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = {};
  for (const [field, name] of Object.entries(FIELDS)) {
    const text = headers.get(name);
    if (text !== null) fields[field] = text.slice(0, MAX_TEXT);
  }
  return fields;
}

/** A failure, and the request that it is of. */
export function entryOf(
  message: string,
  headers: Headers,
  error: unknown,
): [string, Readonly<Record<string, unknown>>] {
  return [message, { ...fieldsOf(headers), error }];
}

/**
 * Events that nobody waits for, as the inbox keeps them: what came, so that it is read
 * the same way when its turn comes.
 *
 * @module
 */

import type { RequestContext } from "../request_context.ts";

/** What is kept of a request: its headers that say something, and its body. */
export interface EventRecord {
  /** Its headers. */
  readonly headers: Headers;
  /** Its body. */
  readonly body: Uint8Array;
}

/** Headers that are kept. Signature, tokens and cookies are done with. */
const KEPT =
  /^(ce-(?!signature$)|mqtt-|x-webpubsub-metadata-|x-b3-|(webhook-request-origin|content-type|traceparent|tracestate|b3|x-ms-client-request-id)$)/;

const LINE_FEED = 0x0a;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Writes a record: the headers as a line of JSON, then the body. */
export function encodeRecord(
  { headers }: Pick<RequestContext, "headers">,
  body: Uint8Array,
): Uint8Array {
  const kept: [string, string][] = [];
  // Deno's iterator of headers takes ten times as long as its forEach().
  headers.forEach((value, name) => {
    if (KEPT.test(name)) kept.push([name, value]);
  });
  const line = encoder.encode(`${JSON.stringify(kept)}\n`);
  const record = new Uint8Array(line.length + body.length);
  record.set(line);
  record.set(body, line.length);
  return record;
}

/**
 * Reads a record.
 *
 * @throws {TypeError | SyntaxError} It is none.
 */
export function decodeRecord(record: Uint8Array): EventRecord {
  const end = record.indexOf(LINE_FEED);
  if (end < 0) throw new SyntaxError("Record has no headers");
  const headers: unknown = JSON.parse(decoder.decode(record.subarray(0, end)));
  return {
    headers: new Headers(headers as [string, string][]),
    body: record.subarray(end + 1),
  };
}

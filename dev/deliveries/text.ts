/**
 * What became of an event, as a person reads it.
 *
 * @module
 */

import type {
  KeptDelivery,
  NotedPublication,
  NotedRequest,
} from "./delivery.ts";

/**
 * How an event ended for a handler, and why: `handled`, `skipped (the handler's filter
 * excludes it)`, `duplicate (handled 3 s ago)`.
 */
export function outcomeText(
  { outcome, why, handledAt }: KeptDelivery,
  now: number,
): string {
  if (outcome === "duplicate" && handledAt !== undefined) {
    return `duplicate (handled ${ago(now - handledAt)} ago)`;
  }
  return why === undefined ? outcome : `${outcome} (${inSentence(why)})`;
}

/** What a handler asked of AGS, a line a request, and what it published. */
export function activityLines(
  { requests, published }: KeptDelivery,
): readonly string[] {
  return [...requests.map(requestLine), ...published.map(publicationLine)];
}

function requestLine(
  { method, path, body, codes, gist }: NotedRequest,
): string {
  const status = codes.length === 0 ? "not sent" : codes.join(", then ");
  return [
    `${method} ${path}`,
    ...(body === undefined ? [] : [body]),
    `-> ${status}${gist === undefined ? "" : `: ${gist}`}`,
  ].join(" ");
}

function publicationLine(
  { kind, topic, name, error }: NotedPublication,
): string {
  const what = kind === "event"
    ? `event ${name} on ${topic}`
    : `a message on ${topic}`;
  return error === undefined
    ? `Published ${what}`
    : `Not published: ${what}: ${error}`;
}

/** A duration in the largest unit that says enough. */
export function ago(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1_000;
  if (seconds < 1) return `${Math.round(seconds * 1_000)} ms`;
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3_600)} h`;
}

/** Without the capital that a sentence begins with; abbreviations keep theirs. */
function inSentence(text: string): string {
  return /^[A-Z][a-z']/.test(text) && !text.startsWith("AGS")
    ? text.slice(0, 1).toLowerCase() + text.slice(1)
    : text;
}

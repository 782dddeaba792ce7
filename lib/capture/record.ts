/**
 * From what was written down to the event that handlers get.
 *
 * @module
 */

import { TerminalError } from "../core/errors.ts";
import type { Event } from "../core/event.ts";
import { parseExactJson } from "../core/exact_json.ts";
import type { InboxReader, RecordedEvent } from "../core/event_inbox.ts";
import { jsonCost } from "../core/json_cost.ts";

/** The channel of client events. */
export const CHANNEL = "clientEvents";

/** Options of {@linkcode clientEventReader}. */
export interface ClientEventReaderOptions {
  /** The types that have a handler, and `clientEvents.*` where all have. */
  readonly types: ReadonlySet<string>;
  /** The namespace that players' events happen in. */
  readonly namespace: string;
}

const decoder = new TextDecoder();

/**
 * Makes what reads envelopes. Of an event that no handler takes nothing more is done: it
 * is in the archive, or was meant for nobody.
 */
export function clientEventReader(
  { types, namespace }: ClientEventReaderOptions,
): InboxReader {
  const all = types.has(`${CHANNEL}.*`);
  return {
    source: CHANNEL,
    costOf: (record) => jsonCost(record) + record.length,
    read(record): RecordedEvent | undefined {
      const event = eventOf(decoder.decode(record), namespace);
      if (!all && !types.has(event.type)) return undefined;
      return { event, bytes: record };
    },
  };
}

/**
 * The event of an envelope. Whole numbers beyond 2^53 are their digits, as text.
 *
 * @throws {TerminalError} It is no envelope.
 */
export function eventOf(text: string, namespace: string): Event {
  const { id, source, time, resources, detail } = parseExactJson(text) as {
    readonly [name: string]: unknown;
    readonly detail?: { readonly eventType?: unknown };
  };
  const type = detail?.eventType;
  const isEnvelope = typeof id === "string" && typeof source === "string" &&
    typeof time === "string" && Array.isArray(resources) &&
    typeof type === "string";
  if (!isEnvelope) throw new TerminalError("Record is no client event");
  const [subject] = resources as readonly unknown[];
  return {
    id,
    type: `${CHANNEL}.${type}`,
    source,
    ...(typeof subject === "string" && { subject }),
    time,
    namespace,
    data: detail,
  };
}

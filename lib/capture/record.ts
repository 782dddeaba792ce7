/**
 * Converts stored records to events for handlers.
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
  /** The types with a handler; includes `clientEvents.*` if all have one. */
  readonly types: ReadonlySet<string>;
  /** The namespace of players' events. */
  readonly namespace: string;
}

const decoder = new TextDecoder();

/**
 * Creates a reader of envelopes. Events without a handler are dropped here:
 * they are in the archive, or nobody wants them.
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
 * The event of an envelope. Whole numbers beyond 2^53 become strings of their
 * digits.
 *
 * @throws {TerminalError} It is not an envelope.
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
  if (!isEnvelope) throw new TerminalError("Record is not a client event");
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

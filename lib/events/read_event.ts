/**
 * From the bytes of a message to the event that it is.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import { TerminalError } from "../core/errors.ts";
import type { Event } from "../core/event.ts";
import { attributesOf } from "../core/event_attributes.ts";
import { bytesId } from "../core/event_id.ts";
import type { ServedEvent } from "./served_events.ts";

/** What was read. */
export interface ReadEvent {
  /** The event. Its `data` is `undefined` when it does not decode. */
  readonly event: Event;
  /** Why it does not. */
  readonly malformed?: TerminalError;
}

/** Reads an event. Never throws: what does not decode is an event that is malformed. */
export function readEvent(served: ServedEvent, bytes: Buffer): ReadEvent {
  const base = { type: served.type, source: served.package };
  try {
    const data = served.decode(bytes);
    const own = served.attributesOf?.(data) ??
      attributesOf(served.type, data);
    return { event: { ...base, ...own } };
  } catch (cause) {
    const malformed = new TerminalError(
      `Event does not decode as the message of ${served.service}`,
      { cause },
    );
    return {
      event: { ...base, id: bytesId(bytes), data: undefined },
      malformed,
    };
  }
}

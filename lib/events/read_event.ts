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
import {
  type MemoryBudget,
  type MemoryShare,
  tooDear,
} from "../core/memory_budget.ts";
import type { ServedEvent } from "./served_events.ts";

/** What was read. */
export interface ReadEvent {
  /** The event. Its `data` is `undefined` when it does not decode. */
  readonly event: Event;
  /** Why it does not. */
  readonly malformed?: TerminalError;
}

/** An event that was read, and the memory that it takes. */
export interface HeldEvent extends ReadEvent {
  /** What it takes of the memory for events; `undefined`: it was not decoded. */
  readonly share?: MemoryShare;
  /** There is no memory to decode it now. */
  readonly isOverloaded?: boolean;
}

/**
 * Reads an event if there is memory for it.
 *
 * @param served Which event it is.
 * @param bytes Its message.
 * @param memory What events may take.
 * @returns The event. One that takes more than there is, is malformed.
 */
export function readWithin(
  served: ServedEvent,
  bytes: Buffer,
  memory: MemoryBudget,
): HeldEvent {
  const cost = served.costOf(bytes);
  if (cost > memory.limit) {
    return { event: unread(served, bytes), malformed: tooDear(cost, memory) };
  }
  const share = memory.tryTake(cost);
  return share === undefined
    ? { event: unread(served, bytes), isOverloaded: true }
    : { ...readEvent(served, bytes), share };
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
    return { event: unread(served, bytes), malformed };
  }
}

function unread(
  { type, package: source }: ServedEvent,
  bytes: Buffer,
): Event {
  return { type, source, id: bytesId(bytes), data: undefined };
}

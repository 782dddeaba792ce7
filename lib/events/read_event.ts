/**
 * Reads an event from the bytes of its message.
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

/** The result of reading. */
export interface ReadEvent {
  /** The event. Its `data` is `undefined` if it does not decode. */
  readonly event: Event;
  /** Why it does not decode. */
  readonly malformed?: TerminalError;
}

/** A read event, with its memory share. */
export interface HeldEvent extends ReadEvent {
  /** Its share of the event memory; `undefined` if it was not decoded. */
  readonly share?: MemoryShare;
  /** Whether there is no memory to decode it. */
  readonly isOverloaded?: boolean;
}

/**
 * Reads an event if there is memory for it.
 *
 * @param served The event's definition.
 * @param bytes Its message.
 * @param memory The memory budget for events.
 * @returns The event. If it alone exceeds the budget, it is malformed.
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

/**
 * Reads an event. Never throws: a message that does not decode becomes a
 * malformed event.
 */
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

/**
 * Numbered events, each of a player of its own: what AGS granted for a number is
 * what its player got.
 *
 * @module
 */

import { findEvent, makeEvent } from "../../dev/event_source.ts";
import { EVENT_TYPE, PROTO_FOLDER } from "../scene.ts";
import { eventId, userIdOf } from "./numbers.ts";

/** One event. */
export interface NumberedEvent {
  /** Its number, from 1. */
  readonly number: number;
  /** The only player that it is about. */
  readonly userId: string;
  /** The message. */
  readonly bytes: Uint8Array;
}

/** The path of the method that takes the events. */
export function eventPath(): string {
  return findEvent(PROTO_FOLDER, EVENT_TYPE).path;
}

/** Makes the events from 1 to `count`. */
export function makeEvents(
  count: number,
  namespace: string,
): readonly NumberedEvent[] {
  const event = findEvent(PROTO_FOLDER, EVENT_TYPE);
  return Array.from({ length: count }, (_, index) => {
    const number = index + 1;
    const userId = userIdOf(number);
    const { bytes } = makeEvent(event, {
      namespace,
      json: undefined,
      sets: [`id=${eventId(number)}`, `userId=${userId}`],
      isOneOfMany: false,
    });
    return { number, userId, bytes };
  });
}

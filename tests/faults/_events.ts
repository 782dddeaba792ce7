/**
 * Events and cells for tests of the fault matrix.
 *
 * @module
 */

import type { Cell } from "../../bench/faults/cell.ts";
import type { Delivered } from "../../bench/faults/connector.ts";
import type { NumberedEvent } from "../../bench/faults/events.ts";
import { userIdOf } from "../../bench/faults/numbers.ts";

/** Events from 1 on, without a message. */
export function events(count: number): readonly NumberedEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    number: index + 1,
    userId: userIdOf(index + 1),
    bytes: new Uint8Array(),
  }));
}

/** An event that was delivered and answered OK once. */
export function delivered(
  number: number,
  overrides: Partial<Delivered> = {},
): Delivered {
  const event = { number, userId: userIdOf(number), bytes: new Uint8Array() };
  return { event, deliveries: 1, oks: 1, isUnfinished: false, ...overrides };
}

/** A cell in which all went well. */
export function cell(overrides: Partial<Cell> = {}): Cell {
  return {
    fault: "none",
    title: "none",
    store: "memory",
    delivered: 10,
    handled: 10,
    absorbed: 0,
    twice: 0,
    lost: 0,
    deadLettered: 0,
    unfinished: 0,
    milliseconds: 1_500,
    problems: [],
    ...overrides,
  };
}

/**
 * Dead letters for tests.
 *
 * @module
 */

import type { DeadLetter } from "../../lib/core/dead_letter.ts";
import { TerminalError } from "../../lib/core/errors.ts";
import { testEvent } from "../_support/delivery.ts";

/** A letter of an event that was rejected at its first attempt. */
export function testLetter(overrides: Partial<DeadLetter> = {}): DeadLetter {
  return {
    event: testEvent({ data: { userId: "user-1" } }),
    bytes: Uint8Array.of(1, 2, 255),
    source: "test",
    outcome: "rejected",
    reason: "bad_event",
    error: new TerminalError("Amount is negative", {
      cause: new RangeError("-1"),
    }),
    attempts: 1,
    firstTime: Date.parse("2026-01-01T00:00:00Z"),
    lastTime: Date.parse("2026-01-01T00:00:01Z"),
    ...overrides,
  };
}

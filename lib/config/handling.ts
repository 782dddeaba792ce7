/**
 * How events are handled: how many at once, for how long, and what is answered.
 *
 * @module
 */

import { z } from "zod";
import { duration, integer } from "./kinds.ts";
import { type ConfigOf, defineSettings } from "./setting.ts";

/** How events are handled: how many at once, for how long, and what is answered. */
export const HANDLING_SETTINGS = defineSettings({
  /** Time for one event. */
  handlerTimeout: {
    env: "HANDLER_TIMEOUT",
    doc: "Time for one event, where the caller's own deadline is not earlier",
    expected: "a duration such as 500ms, 30s or 2m, up to 60m",
    default: "30s",
    unit: "ms",
    schema: duration(3_600_000),
  },
  /** Events handled at once. */
  maxConcurrency: {
    env: "MAX_CONCURRENCY",
    doc: "Events handled at once",
    expected: "a whole number from 1 to 100000",
    default: "256",
    schema: integer(1, 100_000),
  },
  /** Events that may wait while that many are handled. */
  maxQueue: {
    env: "MAX_QUEUE",
    doc:
      "Events beyond that which wait for their turn, up to a second; more are " +
      "answered RESOURCE_EXHAUSTED",
    expected: "a whole number from 0 to 100000",
    default: "64",
    schema: integer(0, 100_000),
  },
  /** What events may take of the process's memory once they are decoded. */
  eventMemoryBytes: {
    env: "EVENT_MEMORY_BYTES",
    doc:
      "Memory that events may take at once, decoded; beyond it events from " +
      "Kafka wait, and calls are answered RESOURCE_EXHAUSTED. One that alone " +
      "takes more is set aside as a dead letter",
    expected: "a whole number from 1048576 to 4294967296",
    default: "33554432",
    unit: "bytes",
    schema: integer(1_048_576, 4_294_967_296),
  },
  /** Failures until an event is set aside; 0: never. */
  maxAttempts: {
    env: "MAX_ATTEMPTS",
    doc:
      "How often an event may fail until it is set aside as a dead letter; " +
      "0 is without end. Outages count less",
    expected: "a whole number from 0 to 1000",
    default: "10",
    schema: integer(0, 1_000),
  },
  /** What a rejected event is answered. */
  onReject: {
    env: "ON_REJECT",
    doc: "What an event that will never work is answered: `reject` " +
      "(INVALID_ARGUMENT or FAILED_PRECONDITION) or `ack` (OK)",
    expected: "reject or ack",
    default: "reject",
    schema: z.enum(["reject", "ack"]),
  },
});

/** These settings, checked. */
export type HandlingConfig = ConfigOf<typeof HANDLING_SETTINGS>;

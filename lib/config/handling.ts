/**
 * How events are handled: concurrency, time and answers.
 *
 * @module
 */

import { z } from "zod";
import { duration, integer } from "./kinds.ts";
import { type ConfigOf, defineSettings } from "./setting.ts";

/** How events are handled: concurrency, time and answers. */
export const HANDLING_SETTINGS = defineSettings({
  /** Time limit for one event. */
  handlerTimeout: {
    env: "HANDLER_TIMEOUT",
    doc:
      "Time limit for one event, unless the caller's own deadline is earlier",
    expected: "a duration such as 500ms, 30s or 2m, up to 60m",
    default: "30s",
    unit: "ms",
    schema: duration(3_600_000),
  },
  /** Events handled concurrently. */
  maxConcurrency: {
    env: "MAX_CONCURRENCY",
    doc: "Events handled concurrently",
    expected: "a whole number from 1 to 100000",
    default: "256",
    schema: integer(1, 100_000),
  },
  /** Events that may be queued beyond those. */
  maxQueue: {
    env: "MAX_QUEUE",
    doc: "Further events that may be queued, for up to a second; more are " +
      "answered RESOURCE_EXHAUSTED",
    expected: "a whole number from 0 to 100000",
    default: "64",
    schema: integer(0, 100_000),
  },
  /** The memory for decoded events. */
  eventMemoryBytes: {
    env: "EVENT_MEMORY_BYTES",
    doc: "Memory for all decoded events; if it is used up, events from Kafka " +
      "wait and calls are answered RESOURCE_EXHAUSTED. An event that alone " +
      "needs more becomes a dead letter",
    expected: "a whole number from 1048576 to 4294967296",
    default: "33554432",
    unit: "bytes",
    schema: integer(1_048_576, 4_294_967_296),
  },
  /** Failures until an event becomes a dead letter; 0: never. */
  maxAttempts: {
    env: "MAX_ATTEMPTS",
    doc: "How often an event may fail before it becomes a dead letter; 0: no " +
      "limit. Outages count less",
    expected: "a whole number from 0 to 1000",
    default: "10",
    schema: integer(0, 1_000),
  },
  /** The answer to a rejected event. */
  onReject: {
    env: "ON_REJECT",
    doc:
      "Answer to an event that can never succeed: `reject` (INVALID_ARGUMENT " +
      "or FAILED_PRECONDITION) or `ack` (OK)",
    expected: "reject or ack",
    default: "reject",
    schema: z.enum(["reject", "ack"]),
  },
});

/** These settings, validated. */
export type HandlingConfig = ConfigOf<typeof HANDLING_SETTINGS>;

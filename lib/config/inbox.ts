/**
 * The inbox: the durable queue for events whose sender does not wait.
 *
 * @module
 */

import { z } from "zod";
import { integer, longDuration } from "./kinds.ts";
import { type ConfigOf, defineSettings } from "./setting.ts";

/** The inbox: the durable queue for events whose sender does not wait. */
export const INBOX_SETTINGS = defineSettings({
  /** Its location. */
  inbox: {
    env: "INBOX",
    doc: "Where events are stored before they are answered, if their sender " +
      "does not wait for the outcome: `file:inbox`, or a folder in it",
    expected: "file:inbox, or file:inbox/ and a folder's name",
    default: "file:inbox",
    schema: z.templateLiteral([
      "file:inbox",
      z.string().regex(/^(\/[\w-][\w.-]*)*$/),
    ]),
  },
  /** The most waiting bytes, in its files. */
  inboxMaxBytes: {
    env: "INBOX_MAX_BYTES",
    doc: "Most bytes that may wait in the inbox; beyond that senders are " +
      "answered 503. Failed events may take as much again",
    expected: "a whole number from 1048576 to 1099511627776",
    default: "268435456",
    unit: "bytes",
    schema: z.string().regex(/^\d{1,13}$/).transform(Number)
      .pipe(z.number().min(1_048_576).max(1_099_511_627_776)),
  },
  /** Inbox events handled concurrently. */
  inboxConcurrency: {
    env: "INBOX_CONCURRENCY",
    doc: "Events of the inbox that are handled concurrently, out of " +
      "`MAX_CONCURRENCY`",
    expected: "a whole number from 1 to 100000",
    default: "64",
    schema: integer(1, 100_000),
  },
  /** The age at which a failed event becomes a dead letter. */
  inboxMaxAge: {
    env: "INBOX_MAX_AGE",
    doc: "Age at which a failed event of the inbox becomes a dead letter, " +
      "whatever the number of its attempts",
    expected: "a duration such as 30m, 24h or 7d, from 1m to 30d",
    default: "24h",
    unit: "ms",
    schema: longDuration(60_000, 2_592_000_000),
  },
});

/** These settings, validated. */
export type InboxConfig = ConfigOf<typeof INBOX_SETTINGS>;

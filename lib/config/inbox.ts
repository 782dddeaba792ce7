/**
 * The inbox: where events wait whose sender does not.
 *
 * @module
 */

import { z } from "zod";
import { integer, longDuration } from "./kinds.ts";
import { type ConfigOf, defineSettings } from "./setting.ts";

/** The inbox: where events wait whose sender does not. */
export const INBOX_SETTINGS = defineSettings({
  /** Where it is. */
  inbox: {
    env: "INBOX",
    doc:
      "Where events are written down before they are answered, of senders that " +
      "do not wait for the outcome: `file:inbox`, or a folder in it",
    expected: "file:inbox, or file:inbox/ and a folder's name",
    default: "file:inbox",
    schema: z.templateLiteral([
      "file:inbox",
      z.string().regex(/^(\/[\w-][\w.-]*)*$/),
    ]),
  },
  /** How much may wait, in bytes of its files. */
  inboxMaxBytes: {
    env: "INBOX_MAX_BYTES",
    doc:
      "How much may wait in the inbox; beyond it senders are answered 503. " +
      "Failed events may take as much again",
    expected: "a whole number from 1048576 to 1099511627776",
    default: "268435456",
    unit: "bytes",
    schema: z.string().regex(/^\d{1,13}$/).transform(Number)
      .pipe(z.number().min(1_048_576).max(1_099_511_627_776)),
  },
  /** Events of it that are handled at once. */
  inboxConcurrency: {
    env: "INBOX_CONCURRENCY",
    doc: "Events of the inbox that are handled at once, of `MAX_CONCURRENCY`",
    expected: "a whole number from 1 to 100000",
    default: "64",
    schema: integer(1, 100_000),
  },
  /** The age at which a failed event is given up. */
  inboxMaxAge: {
    env: "INBOX_MAX_AGE",
    doc:
      "The age at which a failed event of the inbox is set aside as a dead " +
      "letter, however few its attempts",
    expected: "a duration such as 30m, 24h or 7d, from 1m to 30d",
    default: "24h",
    unit: "ms",
    schema: longDuration(60_000, 2_592_000_000),
  },
});

/** These settings, checked. */
export type InboxConfig = ConfigOf<typeof INBOX_SETTINGS>;

/**
 * Where dead letters go.
 *
 * @module
 */

import { z } from "zod";
import { integer } from "./kinds.ts";
import { type ConfigOf, defineSettings } from "./setting.ts";

/** Where `auto` keeps them. */
export const DEFAULT_LETTER_FILE = "dead-letters/letters.jsonl";

/** Where dead letters go. */
export const DEAD_LETTER_SETTINGS = defineSettings({
  /** Where events go that will not be delivered again: the log, a file, or topics. */
  deadLetter: {
    env: "DEAD_LETTER",
    doc:
      "Where events go that will not be delivered again: `log` (without their " +
      "payload), `file:dead-letters/NAME` or `kafka:SUFFIX` (whole, to be " +
      "replayed; in the topic of the event's own with `.SUFFIX`), or `auto`: " +
      `\`file:${DEFAULT_LETTER_FILE}\` where it can be written, and else the log`,
    expected: "auto, log, file: and the path of a file, or kafka: and a suffix",
    default: "auto",
    schema: z.union([
      z.enum(["auto", "log"]),
      z.templateLiteral(["file:", z.string().min(1)])
        .refine((value) => /^\P{Cc}+$/u.test(value)),
      z.templateLiteral(["kafka:", z.string().regex(/^[A-Za-z0-9_-]{1,32}$/)]),
    ]),
  },
  /** The size from which a new file of them is begun, in bytes. */
  deadLetterMaxBytes: {
    env: "DEAD_LETTER_MAX_BYTES",
    doc:
      "Size from which a new file of dead letters is begun; full ones are kept",
    expected: "a whole number from 65536 to 1073741824",
    default: "67108864",
    schema: integer(65_536, 1_073_741_824),
  },
});

/** These settings, checked. */
export type DeadLetterConfig = ConfigOf<typeof DEAD_LETTER_SETTINGS>;

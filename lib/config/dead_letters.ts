/**
 * The destination of dead letters.
 *
 * @module
 */

import { z } from "zod";
import { integer } from "./kinds.ts";
import { type ConfigOf, defineSettings } from "./setting.ts";

/** The file that `auto` uses. */
export const DEFAULT_LETTER_FILE = "dead-letters/letters.jsonl";

/** The destination of dead letters. */
export const DEAD_LETTER_SETTINGS = defineSettings({
  /** Where dead letters are written: the log, a file, or topics. */
  deadLetter: {
    env: "DEAD_LETTER",
    doc: "Where dead letters are written: `log` (without their payload), " +
      "`file:dead-letters/NAME` or `kafka:SUFFIX` (complete, so that they " +
      "can be replayed; the topic is the event's own plus `.SUFFIX`), or " +
      "`auto`: " +
      `\`file:${DEFAULT_LETTER_FILE}\` if it can be written, otherwise the log`,
    expected: "auto, log, file: and the path of a file, or kafka: and a suffix",
    default: "auto",
    schema: z.union([
      z.enum(["auto", "log"]),
      z.templateLiteral(["file:", z.string().min(1)])
        .refine((value) => /^\P{Cc}+$/u.test(value)),
      z.templateLiteral(["kafka:", z.string().regex(/^[A-Za-z0-9_-]{1,32}$/)]),
    ]),
  },
  /** The size at which a new file is started, in bytes. */
  deadLetterMaxBytes: {
    env: "DEAD_LETTER_MAX_BYTES",
    doc:
      "Size at which a new file of dead letters is started; full files are " +
      "kept",
    expected: "a whole number from 65536 to 1073741824",
    default: "67108864",
    schema: integer(65_536, 1_073_741_824),
  },
});

/** These settings, validated. */
export type DeadLetterConfig = ConfigOf<typeof DEAD_LETTER_SETTINGS>;

/**
 * Opens what `DEAD_LETTER` names.
 *
 * @module
 */

import type { Config } from "../config.ts";
import type { Logger } from "../core/context.ts";
import type { DeadLetterSink } from "../core/dead_letter.ts";
import { openLetterFile } from "./file_sink.ts";
import { logDeadLetters } from "./log_sink.ts";

/**
 * Opens the sink.
 *
 * @throws {LetterFileError} The file cannot be written.
 */
export async function openDeadLetters(
  config: Pick<Config, "deadLetter" | "deadLetterMaxBytes">,
  log: Logger,
): Promise<DeadLetterSink> {
  const { deadLetter, deadLetterMaxBytes } = config;
  if (deadLetter === "log") return logDeadLetters(log);
  return await openLetterFile({
    path: deadLetter.slice("file:".length),
    maxBytes: deadLetterMaxBytes,
  });
}

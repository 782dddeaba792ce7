/**
 * Opens what `DEAD_LETTER` names.
 *
 * @module
 */

import type { ServiceConfig } from "../config/table.ts";
import type { DeadLetterSink } from "../core/dead_letter.ts";
import { openLetterFile } from "./file_sink.ts";
import { logDeadLetters, type LogLetter } from "./log_sink.ts";

/**
 * Opens the sink of a log or file.
 *
 * @throws {LetterFileError} The file cannot be written.
 */
export async function openDeadLetters(
  config: Pick<ServiceConfig, "deadLetterMaxBytes"> & {
    readonly deadLetter: Exclude<
      ServiceConfig["deadLetter"],
      `kafka:${string}`
    >;
  },
  log: LogLetter,
): Promise<DeadLetterSink> {
  const { deadLetter, deadLetterMaxBytes } = config;
  if (deadLetter === "log") return logDeadLetters(log);
  return await openLetterFile({
    path: deadLetter.slice("file:".length),
    maxBytes: deadLetterMaxBytes,
  });
}

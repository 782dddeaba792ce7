/**
 * Opens the destination that `DEAD_LETTER` names.
 *
 * @module
 */

import { DEFAULT_LETTER_FILE } from "../config/dead_letters.ts";
import type { ServiceConfig } from "../config/table.ts";
import type { Logger } from "../core/context.ts";
import type { DeadLetterSink } from "../core/dead_letter.ts";
import { LetterFileError, openLetterFile } from "./file_sink.ts";
import { mayBeFleeting } from "./letter_folder.ts";
import { logDeadLetters, type LogLetter } from "./log_sink.ts";

/** Options of {@linkcode openDeadLetters}. */
export interface OpenDeadLettersOptions {
  /** Logs where dead letters are written. */
  readonly config: Pick<ServiceConfig, "deadLetterMaxBytes"> & {
    readonly deadLetter: Exclude<
      ServiceConfig["deadLetter"],
      `kafka:${string}`
    >;
  };
  /** Says where letters go. */
  readonly log: Logger;
  /** Writes those that go to the log. */
  readonly logLetter: LogLetter;
}

/**
 * Opens the log or file destination. `auto` is the file if it can be written:
 * without its payload an event cannot be replayed, and nobody who has set
 * nothing has chosen to lose it. Otherwise a warning says so.
 *
 * @throws {LetterFileError} The named file cannot be written.
 */
export async function openDeadLetters(
  options: OpenDeadLettersOptions,
): Promise<DeadLetterSink> {
  const { config, log, logLetter } = options;
  const { deadLetter, deadLetterMaxBytes: maxBytes } = config;
  if (deadLetter === "log") return logDeadLetters(logLetter);
  if (deadLetter !== "auto") {
    return await openLetterFile({
      path: deadLetter.slice("file:".length),
      maxBytes,
    });
  }
  const path = DEFAULT_LETTER_FILE;
  try {
    const sink = await openLetterFile({ path, maxBytes });
    if (await mayBeFleeting(path)) {
      log.warn(
        "Dead letters are kept in a file that may end with the container: mount " +
          "a volume at its folder, or set DEAD_LETTER",
        { path },
      );
    } else log.info("Dead letters are kept in a file", { path });
    return sink;
  } catch (error) {
    if (!(error instanceof LetterFileError)) throw error;
    log.warn(
      "Dead letters go to the log without their payload, and cannot be replayed: " +
        "the file cannot be written. Mount a volume at its folder, or set DEAD_LETTER",
      { path, error },
    );
    return logDeadLetters(logLetter);
  }
}

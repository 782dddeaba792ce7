/**
 * A logger that remembers what it was told.
 *
 * @module
 */

import type { LogFields, Logger } from "../../lib/core/context.ts";

/** One call of the logger. */
export interface LogLine {
  /** The method that was called. */
  readonly level: "debug" | "info" | "warn" | "error";
  /** Its message. */
  readonly message: string;
  /** Its fields, with those of {@linkcode Logger.with}. */
  readonly fields: LogFields;
}

/** A logger with its lines. */
export interface RecordingLogger extends Logger {
  /** What was logged, first line first; loggers made by `with()` write here, too. */
  readonly lines: readonly LogLine[];
}

/** Makes a logger that remembers what it was told. */
export function recordLog(): RecordingLogger {
  const lines: LogLine[] = [];
  return { lines, ...loggerInto(lines, {}) };
}

function loggerInto(lines: LogLine[], base: LogFields): Logger {
  const method =
    (level: LogLine["level"]) => (message: string, fields: LogFields = {}) => {
      lines.push({ level, message, fields: { ...base, ...fields } });
    };
  return {
    debug: method("debug"),
    info: method("info"),
    warn: method("warn"),
    error: method("error"),
    with: (fields) => loggerInto(lines, { ...base, ...fields }),
  };
}

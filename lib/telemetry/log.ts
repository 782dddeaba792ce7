/**
 * Logs: JSON lines on standard output, or readable ones for a terminal.
 *
 * @module
 */

import {
  configureSync,
  getLogger,
  type Logger as LogTapeLogger,
  type LogLevel as LogTapeLevel,
  type LogRecord,
  resetSync,
} from "@logtape/logtape";
import type { LogFields, Logger } from "../core/context.ts";
import {
  createLineWriter,
  LineDroppedError,
  type LineWriter,
  type LineWriterOptions,
} from "../core/line_writer.ts";
import {
  LOG_CATEGORIES,
  type LogCategory,
  type LogLevel,
  type LogLevels,
  parseLogLevels,
} from "../config/log_levels.ts";
import { formatJson, formatPretty } from "./log_format.ts";
import { createStdoutWrite, isStdoutNull } from "./stdout.ts";

/** Options of {@linkcode startLogging}. */
export interface LoggingOptions {
  /** The lowest levels that are written, see {@linkcode parseLogLevels}. */
  readonly level: string;
  /** The log format; `auto` is `pretty` on a terminal, otherwise `json`. */
  readonly format: "auto" | "json" | "pretty";
  /**
   * Writes bytes of the lines, see `createLineWriter()`.
   *
   * @default {standard output}
   */
  readonly take?: LineWriterOptions["take"];
}

/** A running logger. Disposing writes the rest, within a time limit. */
export interface Logging extends AsyncDisposable {
  /** The logger of the category `service`. */
  readonly log: Logger;
  /** The logger of each category. */
  readonly logs: Logs;
  /** Whether records are formatted for a person at a terminal. */
  readonly isPretty: boolean;
  /** The level of each category. */
  readonly levels: LogLevels;
  /** The output: anything else written there has to use it, too. */
  readonly output: LineWriter;
  /** Writes a record that must not be dropped. */
  readonly confirm: ConfirmRecord;
}

/**
 * Logs at `error`, whatever the level, and waits until the operating system has
 * the record.
 *
 * @throws {LineDroppedError} It was not written.
 */
export type ConfirmRecord = (
  category: LogCategory,
  message: string,
  options: { readonly fields: LogFields; readonly signal: AbortSignal },
) => Promise<void>;

/** A logger for each category. */
export type Logs = Readonly<Record<LogCategory, Logger>>;

/** The same logger for every category. */
export function allLogs(log: Logger): Logs {
  return byCategory(() => log);
}

function byCategory<T>(
  make: (category: LogCategory) => T,
): Readonly<Record<LogCategory, T>> {
  return Object.fromEntries(
    LOG_CATEGORIES.map((category) => [category, make(category)]),
  ) as Record<LogCategory, T>;
}

/**
 * Starts logging for the process. Nothing ever waits for it: a record is
 * dropped and counted if there is no room.
 *
 * @throws {RangeError} The level is invalid.
 */
export function startLogging(options: LoggingOptions): Logging {
  const isPretty = options.format === "pretty" ||
    options.format === "auto" && Deno.stdout.isTerminal();
  const format = isPretty ? formatPretty : formatJson;
  const levels = parseLogLevels(options.level);
  if (levels === undefined) {
    throw new RangeError(
      `Log level is "${options.level}": expected a value of LOG_LEVEL`,
    );
  }
  const output = createLineWriter({
    take: options.take ?? createStdoutWrite(),
    gapLine: (lines) =>
      format(
        recordOf("service", "warning", "Log lines were dropped", { lines }),
      ),
  });
  // A null device, usually a mistake, accepts everything and keeps nothing.
  const isNull = options.take === undefined && isStdoutNull();

  configureSync({
    reset: true,
    sinks: { lines: (record) => output.write(format(record)) },
    loggers: [
      ...LOG_CATEGORIES.map((category) => ({
        category: [category],
        sinks: ["lines" as const],
        lowestLevel: tapeLevel(levels[category]),
      })),
      { category: ["logtape", "meta"], sinks: ["lines"], lowestLevel: "error" },
    ],
  });
  const logs = byCategory((category) => adapt(getLogger([category])));
  return {
    log: logs.service,
    logs,
    isPretty,
    levels,
    output,
    async confirm(category, message, { fields, signal }) {
      if (isNull) {
        throw new LineDroppedError(
          "Record was not written: standard output is the null device, or " +
            "closed",
        );
      }
      const record = recordOf(category, "error", message, fields);
      await output.confirm(format(record), signal);
    },
    async [Symbol.asyncDispose]() {
      resetSync();
      await output[Symbol.asyncDispose]();
    },
  };
}

/** Builds a LogTape record. */
function recordOf(
  category: LogCategory,
  level: LogTapeLevel,
  message: string,
  properties: LogFields,
): LogRecord {
  return {
    category: [category],
    level,
    message: [message],
    rawMessage: message,
    timestamp: Date.now(),
    properties: { ...properties },
  };
}

/** LogTape's name of a level. */
function tapeLevel(level: LogLevel): LogTapeLevel {
  return level === "warn" ? "warning" : level;
}

function adapt(logger: LogTapeLogger): Logger {
  return {
    debug: (message, fields) => logger.debug(message, { ...fields }),
    info: (message, fields) => logger.info(message, { ...fields }),
    warn: (message, fields) => logger.warn(message, { ...fields }),
    error: (message, fields) => logger.error(message, { ...fields }),
    with: (fields: LogFields) => adapt(logger.with({ ...fields })),
  };
}

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
  /** The least important records that are written, see {@linkcode parseLogLevels}. */
  readonly level: string;
  /** How records are written; `auto` is `pretty` on a terminal, `json` otherwise. */
  readonly format: "auto" | "json" | "pretty";
  /**
   * Takes bytes of the lines, as `createLineWriter()` describes.
   *
   * @default {standard output}
   */
  readonly take?: LineWriterOptions["take"];
}

/** Logging that runs. Disposing writes what is left, within a bound. */
export interface Logging extends AsyncDisposable {
  /** The logger of the category `service`. */
  readonly log: Logger;
  /** The logger of each category. */
  readonly logs: Logs;
  /** Whether records are written for a person at a terminal. */
  readonly isPretty: boolean;
  /** What is written of each category. */
  readonly levels: LogLevels;
  /** Where the lines go: whatever else is written there has to go through it. */
  readonly output: LineWriter;
  /** Writes a record that must not be dropped. */
  readonly confirm: ConfirmRecord;
}

/**
 * Logs at `error`, whatever the level, and waits until the system has the record.
 *
 * @throws {LineDroppedError} It is not written.
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
 * Starts logging for the process. Nothing ever waits for it: a record for which there
 * is no room is dropped, and counted.
 *
 * @throws {RangeError} The level is none.
 */
export function startLogging(options: LoggingOptions): Logging {
  const isPretty = options.format === "pretty" ||
    options.format === "auto" && Deno.stdout.isTerminal();
  const format = isPretty ? formatPretty : formatJson;
  const levels = parseLogLevels(options.level);
  if (levels === undefined) {
    throw new RangeError(
      `Log level is "${options.level}": expected what LOG_LEVEL takes`,
    );
  }
  const output = createLineWriter({
    take: options.take ?? createStdoutWrite(),
    gapLine: (lines) =>
      format(
        recordOf("service", "warning", "Log lines were dropped", { lines }),
      ),
  });
  // What is the null device by mistake takes everything, and keeps nothing.
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
          "Record is not written: standard output is the null device, or closed",
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

/** A record as LogTape makes them. */
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

/** LogTape's word for a level. */
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

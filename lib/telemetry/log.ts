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
  LOG_CATEGORIES,
  type LogCategory,
  type LogLevel,
  type LogLevels,
  parseLogLevels,
} from "../config/log_levels.ts";
import { formatJson, formatPretty } from "./log_format.ts";

/** Options of {@linkcode startLogging}. */
export interface LoggingOptions {
  /** The least important records that are written, see {@linkcode parseLogLevels}. */
  readonly level: string;
  /** How records are written; `auto` is `pretty` on a terminal, `json` otherwise. */
  readonly format: "auto" | "json" | "pretty";
  /**
   * Where whole lines go. Lines for which it throws are lost.
   *
   * @default {standard output}
   */
  readonly write?: (lines: string) => void;
}

/** Logging that runs. Disposing writes what is left. */
export interface Logging extends Disposable {
  /** The logger of the category `service`. */
  readonly log: Logger;
  /** The logger of each category. */
  readonly logs: Logs;
  /** What is written of each category. */
  readonly levels: LogLevels;
}

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

/** Lines that are kept until the end of the turn, at most. */
const MAX_PENDING = 512;

/**
 * Starts logging for the process.
 *
 * Lines are written once per turn of the event loop: under load, one system call
 * for many events.
 *
 * @throws {RangeError} The level is none.
 */
export function startLogging(options: LoggingOptions): Logging {
  const write = options.write ?? writeToStdout;
  const isPretty = options.format === "pretty" ||
    options.format === "auto" && Deno.stdout.isTerminal();
  const format = isPretty ? formatPretty : formatJson;
  const levels = parseLogLevels(options.level);
  if (levels === undefined) {
    throw new RangeError(
      `Log level is "${options.level}": expected what LOG_LEVEL takes`,
    );
  }
  let pending: string[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (pending.length === 0) return;
    const lines = pending.join("");
    pending = [];
    try {
      write(lines);
    } catch {
      // A full disk or a reader that is gone: the events matter more than their log.
    }
  }

  function sink(record: LogRecord): void {
    pending.push(format(record));
    if (pending.length >= MAX_PENDING) flush();
    else timer ??= setTimeout(flush, 0);
  }

  configureSync({
    reset: true,
    sinks: { lines: sink },
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
    levels,
    [Symbol.dispose]() {
      flush();
      resetSync();
    },
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

const encoder = new TextEncoder();

function writeToStdout(lines: string): void {
  let bytes = encoder.encode(lines);
  while (bytes.length > 0) {
    bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
  }
}

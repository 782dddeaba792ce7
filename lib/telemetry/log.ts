/**
 * Logs: JSON lines on standard output, or readable ones for a terminal.
 *
 * @module
 */

import {
  configureSync,
  getLogger,
  type Logger as LogTapeLogger,
  type LogRecord,
  resetSync,
} from "@logtape/logtape";
import type { LogFields, Logger } from "../core/context.ts";
import { formatJson, formatPretty } from "./log_format.ts";

/** Options of {@linkcode startLogging}. */
export interface LoggingOptions {
  /** The least important records that are written. */
  readonly level: "debug" | "info" | "warn" | "error";
  /** How records are written. */
  readonly format: "json" | "pretty";
  /**
   * Where whole lines go. Lines for which it throws are lost.
   *
   * @default {standard output}
   */
  readonly write?: (lines: string) => void;
}

/** Logging that runs. Disposing writes what is left. */
export interface Logging extends Disposable {
  /** The service's logger. */
  readonly log: Logger;
}

/** Lines that are kept until the end of the turn, at most. */
const MAX_PENDING = 512;

/**
 * Starts logging for the process.
 *
 * Lines are written once per turn of the event loop: under load, one system call
 * for many events.
 */
export function startLogging(options: LoggingOptions): Logging {
  const write = options.write ?? writeToStdout;
  const format = options.format === "json" ? formatJson : formatPretty;
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
      {
        category: [],
        sinks: ["lines"],
        lowestLevel: options.level === "warn" ? "warning" : options.level,
      },
      { category: ["logtape", "meta"], sinks: ["lines"], lowestLevel: "error" },
    ],
  });
  return {
    log: adapt(getLogger(["app"])),
    [Symbol.dispose]() {
      flush();
      resetSync();
    },
  };
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

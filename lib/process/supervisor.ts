/**
 * The interface to a process that restarts this one, such as `./task dev`.
 *
 * @module
 */

import { LOG_CATEGORIES, type LogCategory } from "../config/log_levels.ts";
import type { LogFields, Logger } from "../core/context.ts";
import type { IdempotencyStore } from "../core/idempotency_store.ts";
import type { Witness } from "../core/witness.ts";

/** A request to stop the service. */
export interface StopRequest {
  /** Who asks, for the log: a signal's name, or `restart`. */
  readonly by: string;
  /** Time for events in flight, in milliseconds. @default {SHUTDOWN_GRACE} */
  readonly grace?: number;
}

/** The supervising process, as the service sees it. */
export interface Supervisor {
  /**
   * Resolves when the service has to stop. The supervisor then handles signals.
   */
  readonly stop: Promise<StopRequest>;
  /** Whether starts and stops are routine and not logged at `info`. */
  isQuiet(): boolean;
  /** Observes events and requests. @default {none} */
  readonly witness?: Witness;
  /**
   * Opens the store that outlives this process, for `IDEMPOTENCY_STORE=memory`.
   */
  openMemory(): IdempotencyStore;
}

/** Categories about events, which are always logged. */
const TOLD: ReadonlySet<LogCategory> = new Set(["events", "handlers"]);

/**
 * The same loggers, but with `info` lowered to `debug` while starts and stops
 * are routine.
 */
export function hushed(
  logs: Readonly<Record<LogCategory, Logger>>,
  isQuiet: () => boolean,
): Readonly<Record<LogCategory, Logger>> {
  return Object.fromEntries(
    LOG_CATEGORIES.map((category) => {
      const log = logs[category];
      return [category, TOLD.has(category) ? log : hush(log, isQuiet)];
    }),
  ) as Record<LogCategory, Logger>;
}

function hush(log: Logger, isQuiet: () => boolean): Logger {
  return {
    debug: (message, fields) => log.debug(message, fields),
    info: (message: string, fields?: LogFields) =>
      isQuiet() ? log.debug(message, fields) : log.info(message, fields),
    warn: (message, fields) => log.warn(message, fields),
    error: (message, fields) => log.error(message, fields),
    with: (fields) => hush(log.with(fields), isQuiet),
  };
}

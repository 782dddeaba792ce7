/**
 * What another process that starts this one again and again wants of it, as
 * `deno task dev` does.
 *
 * @module
 */

import { LOG_CATEGORIES, type LogCategory } from "../config/log_levels.ts";
import type { LogFields, Logger } from "../core/context.ts";
import type { IdempotencyStore } from "../core/idempotency_store.ts";
import type { Witness } from "../core/witness.ts";

/** A wish that the service stops. */
export interface StopRequest {
  /** What asks for it, for the log: a signal's name, or `restart`. */
  readonly by: string;
  /** Time for events in flight, in milliseconds. @default {SHUTDOWN_GRACE} */
  readonly grace?: number;
}

/** The process above, as the service sees it. */
export interface Supervisor {
  /** Resolves when the service is to stop. Signals are the supervisor's then. */
  readonly stop: Promise<StopRequest>;
  /** Whether starts and stops are routine now: no line says them at `info`. */
  isQuiet(): boolean;
  /** Told of events and requests. @default {nobody} */
  readonly witness?: Witness;
  /** Opens the memory that outlives this process, for `IDEMPOTENCY_STORE=memory`. */
  openMemory(): IdempotencyStore;
}

/** Categories in which events are told, whoever starts the service. */
const TOLD: ReadonlySet<LogCategory> = new Set(["events", "handlers"]);

/**
 * The same loggers, but that what is `info` is `debug` while starts and stops are
 * routine.
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

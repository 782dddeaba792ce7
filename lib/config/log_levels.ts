/**
 * Which log records are written: a level for all, and levels for parts of the service.
 *
 * @module
 */

/** Levels, least important first. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** How important a log record is. */
export type LogLevel = typeof LOG_LEVELS[number];

/**
 * What log records are about: the process and its settings (`service`), events (one
 * record each), what handlers log (`handlers`), AGS and its token (`ags`), calls that
 * are refused before they are events (`grpc`), the public HTTP listener (`http`), the inbox
 * (`inbox`), the store that remembers which events
 * are done (`idempotency`), the event stream (`kafka`), and events that are given up
 * (`dead_letters`).
 */
export const LOG_CATEGORIES = [
  "service",
  "events",
  "handlers",
  "ags",
  "grpc",
  "http",
  "idempotency",
  "inbox",
  "kafka",
  "dead_letters",
] as const;

/** What a log record is about. */
export type LogCategory = typeof LOG_CATEGORIES[number];

/** The least important level that is written, by category. */
export type LogLevels = Readonly<Record<LogCategory, LogLevel>>;

/**
 * Reads `LOG_LEVEL`: a level for all, then levels for categories, such as
 * `info,events=debug,ags=warn`. The last word on a category counts.
 *
 * @returns `undefined` when the text says something else.
 */
export function parseLogLevels(text: string): LogLevels | undefined {
  const [first = "", ...rest] = text.split(",").map((part) => part.trim());
  if (!isLevel(first)) return undefined;
  const levels = Object.fromEntries(
    LOG_CATEGORIES.map((category) => [category, first]),
  ) as Record<LogCategory, LogLevel>;
  for (const part of rest) {
    const [category = "", level = "", ...more] = part.split("=");
    if (!isCategory(category) || !isLevel(level) || more.length > 0) {
      return undefined;
    }
    levels[category] = level;
  }
  return levels;
}

function isLevel(text: string): text is LogLevel {
  return LOG_LEVELS.some((level) => level === text);
}

function isCategory(text: string): text is LogCategory {
  return LOG_CATEGORIES.some((category) => category === text);
}

/**
 * Which log records are written: a default level, and levels per category.
 *
 * @module
 */

/** Levels, least important first. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** The level of a log record. */
export type LogLevel = typeof LOG_LEVELS[number];

/**
 * Categories of log records: the process and its settings (`service`), events
 * (one record each), what handlers log (`handlers`), AGS and its token (`ags`),
 * the archive (`archive`), calls refused before they become events (`grpc`), the
 * public HTTP listener (`http`), the inbox (`inbox`), the idempotency store
 * (`idempotency`), the event stream (`kafka`), Azure Web PubSub
 * (`webPubSub`), and dead letters (`dead_letters`).
 */
export const LOG_CATEGORIES = [
  "service",
  "events",
  "handlers",
  "ags",
  "archive",
  "grpc",
  "http",
  "idempotency",
  "inbox",
  "kafka",
  "webPubSub",
  "dead_letters",
] as const;

/** The category of a log record. */
export type LogCategory = typeof LOG_CATEGORIES[number];

/** The lowest level that is written, by category. */
export type LogLevels = Readonly<Record<LogCategory, LogLevel>>;

/**
 * Parses `LOG_LEVEL`: a default level, then levels for categories, such as
 * `info,events=debug,ags=warn`. The last level for a category wins.
 *
 * @returns `undefined` if the text is invalid.
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

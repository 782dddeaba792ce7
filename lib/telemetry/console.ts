// deno-lint-ignore-file no-console -- This file is about the console.

/**
 * Captures what libraries and handlers print.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";

/** The log level of each console method. */
const LEVELS = {
  debug: "debug",
  log: "info",
  info: "info",
  warn: "warn",
  error: "error",
} as const satisfies Record<string, keyof Omit<Logger, "with">>;

type Method = keyof typeof LEVELS;

const METHODS = Object.keys(LEVELS) as readonly Method[];

/**
 * Logs what is printed on the console. The console itself would block until
 * somebody reads it, and all events with it; and it would break the log's JSON
 * lines.
 *
 * Disposing restores the console.
 */
export function captureConsole(log: Logger): Disposable {
  const own = Object.fromEntries(
    METHODS.map((method) => [method, console[method]]),
  );
  for (const method of METHODS) {
    console[method] = (...values: unknown[]) => {
      const texts = values.filter((value) => typeof value === "string");
      const others = values.filter((value) => typeof value !== "string");
      // As fields, which are redacted by name.
      log[LEVELS[method]](texts.join(" ") || "Printed", {
        ...(others.length > 0 && { printed: others }),
      });
    };
  }
  return {
    [Symbol.dispose]: () => void Object.assign(console, own),
  };
}

/**
 * Bounds how many events are handled at once.
 *
 * @module
 */

import type { Middleware } from "../core/dispatcher.ts";
import { OVERLOADED } from "../core/outcome.ts";

/**
 * Answers events beyond the limit as overloaded, at once: a caller that redelivers
 * is a better queue than this process's memory.
 *
 * @param limit Events handled at once, over all handlers (`MAX_CONCURRENCY`).
 */
export function concurrency(limit: number): Middleware {
  let running = 0;
  return async (delivery, next) => {
    if (running >= limit) return OVERLOADED;
    running++;
    try {
      return await next(delivery);
    } finally {
      running--;
    }
  };
}

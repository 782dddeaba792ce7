/**
 * Keeps an app to its own namespace.
 *
 * @module
 */

import type { Middleware } from "../core/dispatcher.ts";
import { type Result, SKIPPED } from "../core/outcome.ts";

/**
 * Skips events of other namespaces: a connector may carry a studio's whole stream,
 * and what an app does, it does in its own namespace. Events that name none pass.
 *
 * @param own The namespace this app runs for (`AB_NAMESPACE`).
 */
export function namespace(own: string): Middleware {
  const foreign: Result = {
    ...SKIPPED,
    why: `It is of another namespace: this app runs for ${own}`,
  };
  return (delivery, next) => {
    const { event, handler } = delivery;
    const isForeign = event.namespace !== undefined && event.namespace !== own;
    if (isForeign && handler.options.anyNamespace !== true) {
      return Promise.resolve(foreign);
    }
    return next(delivery);
  };
}

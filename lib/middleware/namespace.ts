/**
 * Restricts an app to its own namespace.
 *
 * @module
 */

import type { Middleware } from "../core/dispatcher.ts";
import { type Result, SKIPPED } from "../core/outcome.ts";

/**
 * Skips events of other namespaces: a connector may carry a studio's whole
 * stream, and an app acts in its own namespace. Events without a namespace
 * pass.
 *
 * @param own The namespace of this app (`AB_NAMESPACE`).
 */
export function namespace(own: string): Middleware {
  const foreign: Result = {
    ...SKIPPED,
    why: `It belongs to another namespace: this app's is ${own}`,
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

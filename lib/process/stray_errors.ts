/**
 * Keeps one handler's stray error from ending every other handler's events.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";

/**
 * Logs errors that nobody caught, and goes on: a promise that a handler forgot, a
 * callback that threw. Deno would end the process, and with it all events in flight.
 */
export function logStrayErrors(log: Logger): Disposable {
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    log.error("Promise was rejected and not handled", {
      error: event.reason,
    });
  };
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    log.error("Error was thrown and not caught", { error: event.error });
  };
  globalThis.addEventListener("unhandledrejection", onRejection);
  globalThis.addEventListener("error", onError);
  return {
    [Symbol.dispose]() {
      globalThis.removeEventListener("unhandledrejection", onRejection);
      globalThis.removeEventListener("error", onError);
    },
  };
}

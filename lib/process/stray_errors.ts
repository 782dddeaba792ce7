/**
 * Prevents a stray error of one handler from ending all other events.
 *
 * @module
 */

import { placeIn } from "../core/call_site.ts";
import type { LogFields, Logger } from "../core/context.ts";
import { nameOf } from "../core/handler_name.ts";
import { runningEvent } from "../telemetry/running_event.ts";

/**
 * Logs uncaught errors and continues: a promise that a handler forgot, a callback
 * that threw. Deno would end the process, and with it all events in flight.
 *
 * The record names the handler, its event, and the line: the handler's own in the
 * error's stack, or else where the handler is declared.
 */
export function logStrayErrors(log: Logger): Disposable {
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    log.error("Promise was rejected and not handled", whose(event.reason));
  };
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    log.error("Error was thrown and not caught", whose(event.error));
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

function whose(error: unknown): LogFields {
  const delivery = runningEvent();
  const thrownAt = error instanceof Error
    ? placeIn("handlers/", error.stack)
    : undefined;
  const at = thrownAt ?? delivery?.handler.declaredAt;
  return {
    ...(delivery !== undefined && {
      handler: nameOf(delivery.handler),
      eventType: delivery.event.type,
      eventId: delivery.event.id,
    }),
    ...(at !== undefined && { at }),
    error,
  };
}

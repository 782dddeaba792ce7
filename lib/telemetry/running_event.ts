/**
 * The event that the current code runs for, for errors that reach no caller.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import type { Delivery, Middleware } from "../core/dispatcher.ts";

const running = new AsyncLocalStorage<Delivery>();

/**
 * Runs events so that {@linkcode runningEvent} knows them, including in what
 * their handlers leave running: timers and promises that are not awaited.
 *
 * @param middleware The middleware to run inside.
 * @returns The same, for its place in the pipe.
 */
export function rememberRunning(middleware: Middleware): Middleware {
  return (delivery, next) =>
    running.run(delivery, () => middleware(delivery, next));
}

/** The event that the current code runs for; `undefined` outside of events. */
export function runningEvent(): Delivery | undefined {
  return running.getStore();
}

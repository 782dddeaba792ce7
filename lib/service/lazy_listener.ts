/**
 * The public HTTP listener, opened when the first source asks for it.
 *
 * @module
 */

import type { HttpConfig } from "../config/http.ts";
import type { Logger } from "../core/context.ts";
import type { HttpRoutes } from "../core/http.ts";
import type { Metrics } from "../core/metrics.ts";
import { type HttpListener, openHttpListener } from "../http/listener.ts";
import { createHttpMetrics } from "../http/metrics.ts";

/** Options of {@linkcode createLazyListener}. */
export interface LazyListenerOptions {
  /** The settings. */
  readonly config: HttpConfig;
  /** Where the listener logs. */
  readonly log: Logger;
  /** Where it counts. */
  readonly metrics: Metrics;
}

/** A listener that may never be opened. */
export interface LazyListener extends AsyncDisposable {
  /**
   * Opens it, once.
   *
   * @throws {ListenError} Its port cannot be opened.
   */
  open(): Promise<HttpRoutes>;
  /** Calls the routes from now on: every source is open. */
  start(): void;
  /** Takes nothing new, and resolves when all that was under way is answered. */
  drain(signal: AbortSignal): Promise<void>;
}

/** Prepares the listener. Nothing listens yet. */
export function createLazyListener(options: LazyListenerOptions): LazyListener {
  let opening: Promise<HttpListener> | undefined;
  let listener: HttpListener | undefined;

  async function openNow(): Promise<HttpListener> {
    const metrics = createHttpMetrics(options.metrics);
    return listener = await openHttpListener({ ...options, metrics });
  }

  return {
    open: () => opening ??= openNow(),
    start: () => listener?.start(),
    async drain(signal) {
      await listener?.drain(signal);
    },
    async [Symbol.asyncDispose]() {
      await listener?.[Symbol.asyncDispose]();
    },
  };
}

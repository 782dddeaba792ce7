/**
 * The public HTTP listener, which opens when the first source asks for it.
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
  /** The listener's logger. */
  readonly log: Logger;
  /** The listener's metrics. */
  readonly metrics: Metrics;
}

/** A listener that may never open. */
export interface LazyListener extends AsyncDisposable {
  /**
   * Opens it, once.
   *
   * @throws {ListenError} Its port cannot be opened.
   */
  open(): Promise<HttpRoutes>;
  /** Calls the routes from now on: every source is open. */
  start(): void;
  /**
   * Accepts nothing new, and resolves when all running requests are answered.
   */
  drain(signal: AbortSignal): Promise<void>;
}

/** Prepares the listener. It does not listen yet. */
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

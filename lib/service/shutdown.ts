/**
 * The end of the service, within one budget.
 *
 * @module
 */

import type { App } from "../core/app.ts";
import { unlessAborted } from "../core/async.ts";
import type { Logger } from "../core/context.ts";
import { type ShutdownBudget, startBudget } from "../core/shutdown_budget.ts";
import type { Source } from "../core/source.ts";

/** Options of {@linkcode createShutdown}. */
export interface ShutdownOptions {
  /** `SHUTDOWN_GRACE`: time for all of it, in milliseconds. */
  readonly grace: number;
  /** Where events come from: those that are open when it begins. */
  readonly sources: readonly Source[];
  /** Where requests come in of sources that are called over HTTP. */
  readonly listener: { drain(signal: AbortSignal): Promise<void> };
  /** Has events that wait, and are left for the next start. */
  readonly inbox: { drain(signal: AbortSignal): Promise<void> };
  /** Has events that are not archived. */
  readonly archiving: { drain(signal: AbortSignal): Promise<void> };
  /** Has the events in flight. */
  readonly app: Pick<App, "drain">;
  /** May still have to tell the store of events that have ended. */
  readonly pipe: { drain(signal: AbortSignal): Promise<void> };
  /** Has spans that are not sent. */
  readonly tracing: { flush(): Promise<void> };
  /** Ends everything else. */
  readonly end: () => Promise<void>;
  /** Says what did not end in time. */
  readonly log: Logger;
}

/** How the service ends. */
export interface Shutdown {
  /** Whether it has begun. */
  readonly isDraining: boolean;
  /** Takes no new events, and resolves when those in flight are answered. */
  drain(): Promise<void>;
  /**
   * Drains, and ends everything else.
   *
   * @param grace Time for all of it, in milliseconds. @default {as the options say}
   */
  stop(grace?: number): Promise<void>;
}

/** Prepares the end. */
export function createShutdown(options: ShutdownOptions): Shutdown {
  const { grace, sources, listener, inbox, archiving } = options;
  const { app, pipe, tracing, end, log } = options;
  let isDraining = false;

  async function drain(budget: ShutdownBudget): Promise<void> {
    isDraining = true;
    const drained = Promise.all(
      [...sources, listener, inbox].map((each) => each.drain(budget.answers)),
    );
    const ended = await app.drain(budget.handlers, budget.settling);
    if (ended > 0) log.warn("Events were aborted unfinished", { count: ended });
    await drained;
    await Promise.all(
      [archiving, pipe].map((each) => each.drain(budget.answers)),
    );
    await unlessAborted(tracing.flush(), budget.all);
  }

  return {
    get isDraining() {
      return isDraining;
    },
    async drain() {
      using budget = startBudget(grace);
      await drain(budget);
    },
    async stop(time = grace) {
      using budget = startBudget(time);
      await drain(budget);
      const ended = end().then(() => true);
      if (await unlessAborted(ended, budget.all) === undefined) {
        log.warn("Service stopped before all connections were closed");
      }
    },
  };
}

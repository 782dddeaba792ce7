/**
 * Shuts the service down within one time budget.
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
  /** `SHUTDOWN_GRACE`: time for everything, in milliseconds. */
  readonly grace: number;
  /** The sources that are open when it begins. */
  readonly sources: readonly Source[];
  /** The listener for sources that are called over HTTP. */
  readonly listener: { drain(signal: AbortSignal): Promise<void> };
  /** The inbox, which keeps waiting events for the next start. */
  readonly inbox: { drain(signal: AbortSignal): Promise<void> };
  /** The archive, which may have unwritten events. */
  readonly archiving: { drain(signal: AbortSignal): Promise<void> };
  /** The app with the events in flight. */
  readonly app: Pick<App, "drain">;
  /** The pipe, which may still have to update the store. */
  readonly pipe: { drain(signal: AbortSignal): Promise<void> };
  /** Tracing, which may have unsent spans. */
  readonly tracing: { flush(): Promise<void> };
  /** Ends everything else. */
  readonly end: () => Promise<void>;
  /** Logs what did not end in time. */
  readonly log: Logger;
}

/** The shutdown of a service. */
export interface Shutdown {
  /** Whether it has begun. */
  readonly isDraining: boolean;
  /** Accepts no new events, and resolves when those in flight are answered. */
  drain(): Promise<void>;
  /**
   * Drains, then ends everything else.
   *
   * @param grace Time for everything, in milliseconds. @default {from the
   * options}
   */
  stop(grace?: number): Promise<void>;
}

/** Prepares the shutdown. */
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

/**
 * The inbox, which opens when the first source asks for it.
 *
 * @module
 */

import type { ServiceConfig } from "../config/table.ts";
import type { EventTarget } from "../core/app.ts";
import type { Logger } from "../core/context.ts";
import type { EventInbox } from "../core/event_inbox.ts";
import type { MemoryBudget } from "../core/memory_budget.ts";
import type { Metrics } from "../core/metrics.ts";
import { createEventInbox, type RunningInbox } from "../inbox/event_inbox.ts";
import { type InboxObserver, openFileInbox } from "../inbox/file_inbox.ts";
import { createInboxMetrics, type InboxMetrics } from "../inbox/metrics.ts";
import { TAP_READER } from "./archiving.ts";

/** Options of {@linkcode createLazyInbox}. */
export interface LazyInboxOptions {
  /** The settings. */
  readonly config: ServiceConfig;
  /** The app that takes its events. */
  readonly app: Pick<EventTarget, "dispatch">;
  /** The memory budget for decoded events. */
  readonly memory: MemoryBudget;
  /** The inbox's logger. */
  readonly log: Logger;
  /** The inbox's metrics. */
  readonly metrics: Metrics;
  /** Keeps every event until the archive has it. */
  readonly hasRanges: boolean;
}

/** An inbox that may never open. */
export interface LazyInbox extends AsyncDisposable {
  /**
   * Opens it, once.
   *
   * @throws {InboxFolderError} Its folder cannot be used.
   */
  open(): Promise<EventInbox>;
  /** Handles its events from now on: every source is open. */
  start(): void;
  /** Starts no more events, and resolves when the running ones have ended. */
  drain(signal: AbortSignal): Promise<void>;
}

/**
 * How long the archive remembers its events across a restart, in milliseconds: long
 * enough for a sender without an answer to send its events again.
 */
const KEEP_TIME = 600_000;

/** Prepares the inbox. It touches no file yet. */
export function createLazyInbox(options: LazyInboxOptions): LazyInbox {
  const { config, app, memory, log } = options;
  let opening: Promise<RunningInbox> | undefined;
  let running: RunningInbox | undefined;

  async function openNow(): Promise<RunningInbox> {
    const metrics = createInboxMetrics(options.metrics);
    const inbox = await openFileInbox({
      folder: config.inbox.slice("file:".length),
      maxBytes: config.inboxMaxBytes,
      hasRanges: options.hasRanges,
      keepTime: KEEP_TIME,
      observer: observe(log, metrics),
    });
    const counts = config.idempotencyStore === "none" && config.maxAttempts > 0;
    running = createEventInbox({
      inbox,
      app,
      memory,
      config,
      maxAttempts: counts ? config.maxAttempts : Infinity,
      log,
      metrics,
    });
    // What is left of an archive that was switched off.
    if (!options.hasRanges) running.register(TAP_READER);
    metrics.watch(() => inbox.state);
    return running;
  }

  return {
    open: () => opening ??= openNow(),
    start: () => running?.start(),
    async drain(signal) {
      await running?.drain(signal);
    },
    async [Symbol.asyncDispose]() {
      await running?.[Symbol.asyncDispose]();
    },
  };
}

function observe(log: Logger, metrics: InboxMetrics): InboxObserver {
  return {
    failed(error) {
      metrics.failed();
      log.error("Inbox could not be read or written", { error });
    },
    lost(path, entries) {
      metrics.lost(entries ?? 1);
      log.error("Inbox has lost events: its files have changed", {
        path,
        ...(entries !== undefined && { count: entries }),
      });
    },
  };
}

/**
 * Delivers the inbox's events to the app until they are done.
 *
 * | The event ends | Its entry |
 * |---|---|
 * | `handled`, `skipped`, `duplicate` | is done |
 * | `rejected`, `exhausted` | is done: its dead letter was written before |
 * | `overloaded`, or the service drains | waits, and keeps its place |
 * | `failed` | is run again after a delay that grows, and holds up no others |
 *
 * The app counts attempts. Without a store (`IDEMPOTENCY_STORE=none`), the
 * inbox counts them.
 *
 * @module
 */

import type { InboxConfig } from "../config/inbox.ts";
import type { EventTarget } from "../core/app.ts";
import { follow } from "../core/async.ts";
import type { Logger } from "../core/context.ts";
import {
  AppError,
  EventError,
  ExhaustedError,
  RetryableError,
  ShutdownError,
  TerminalError,
} from "../core/errors.ts";
import {
  decodeEntry,
  encodeEntry,
  type EventInbox,
  type InboxReader,
  type RecordedEvent,
} from "../core/event_inbox.ts";
import { bytesId } from "../core/event_id.ts";
import {
  type Inbox,
  type InboxDeadLetter,
  type InboxDelivery,
  type InboxEntry,
  InboxError,
  type InboxVerdict,
} from "../core/inbox.ts";
import { type MemoryBudget, tooDear } from "../core/memory_budget.ts";
import type { Result } from "../core/outcome.ts";
import type { InboxMetrics } from "./metrics.ts";

/** Options of {@linkcode createEventInbox}. */
export interface EventInboxOptions {
  /** The inbox. Disposing the event inbox also disposes it. */
  readonly inbox: Inbox;
  /** The app that takes the events. */
  readonly app: Pick<EventTarget, "dispatch">;
  /** The memory budget for decoded events; if it is used up, they wait. */
  readonly memory: MemoryBudget;
  /** The settings. */
  readonly config: Pick<InboxConfig, "inboxConcurrency" | "inboxMaxAge">;
  /**
   * Failures of an entry before it becomes a dead letter; `Infinity`: the app
   * counts.
   */
  readonly maxAttempts: number;
  /** Logs problems. */
  readonly log: Logger;
  /** The metrics. @default {none} */
  readonly metrics?: InboxMetrics | undefined;
}

/**
 * The inbox of the service. Disposing keeps waiting entries for the next start.
 */
export interface RunningInbox extends EventInbox, AsyncDisposable {
  /** Starts handling events: every source is open. */
  start(): void;
  /**
   * Starts no more events, and resolves when running ones have ended, at the
   * latest when `signal` aborts.
   */
  drain(signal: AbortSignal): Promise<void>;
}

/** Pause for an entry that nobody can read now, in milliseconds. */
const UNREADABLE_WAIT = 60_000;

/** Creates the inbox of the service. */
export function createEventInbox(options: EventInboxOptions): RunningInbox {
  const { inbox, app, memory, config, log, metrics } = options;
  const readers = new Map<string, InboxReader>();
  const strange = new Set<string>();
  let delivery: InboxDelivery | undefined;

  async function handle(
    { bytes }: InboxEntry,
    signal: AbortSignal,
  ): Promise<InboxVerdict> {
    const result = await run(bytes, signal);
    return result === "unknown"
      ? { kind: "wait", retryAfter: UNREADABLE_WAIT }
      : result === undefined
      ? DONE
      : verdictOf(result);
  }

  /**
   * Runs the event of an entry.
   *
   * @param refusal Why it must not run, but become a dead letter.
   * @returns Its result; `undefined` if no handler takes it, `unknown` if its
   * source is missing.
   */
  async function run(
    entry: Uint8Array,
    signal: AbortSignal,
    refusal?: TerminalError,
  ): Promise<Result | undefined | "unknown"> {
    const { source, record } = decodeEntry(entry);
    const reader = readers.get(source);
    if (reader === undefined) {
      // Its source is disabled and may be enabled again.
      if (!strange.has(source)) {
        strange.add(source);
        log.warn("Inbox has events of a source that is not enabled", {
          source,
        });
      }
      return "unknown";
    }
    const cost = reader.costOf(record);
    using share = cost > memory.limit
      ? undefined
      : await memory.take(cost, signal);
    const found = share === undefined
      ? undefinedEvent(source, record, tooDear(cost, memory))
      : read(reader, record);
    if (found === undefined) return undefined;
    const controller = new AbortController();
    using _following = follow(controller, signal);
    const { event, route, arrival, bytes } = found;
    const result = await app.dispatch(event, {
      source,
      controller,
      route,
      bytes,
      malformed: refusal ?? found.malformed,
      share,
      arrival,
    });
    // An event aborted by the shutdown has not failed.
    const isShutdown = controller.signal.reason instanceof ShutdownError;
    return isShutdown && result.outcome === "failed"
      ? { ...result, reason: "draining" }
      : result;
  }

  async function deadLetter(
    { entry, reason, error }: InboxDeadLetter,
    signal: AbortSignal,
  ): Promise<void> {
    const refusal = new ExhaustedError(
      reason === "age"
        ? `Event failed for longer than ${config.inboxMaxAge} ms: it does not run again`
        : `Event failed ${entry.failures} times: it does not run again`,
      { cause: error },
    );
    const result = await run(entry.bytes, signal, refusal);
    if (result === undefined) return;
    if (result !== "unknown" && verdictOf(result).kind === "done") return;
    throw new RetryableError("Dead letter could not be written", {
      cause: result === "unknown" ? undefined : result.error,
    });
  }

  return {
    get ranges() {
      return inbox.ranges;
    },
    get state() {
      return inbox.state;
    },
    register(reader) {
      const { source } = reader;
      if (readers.has(source)) {
        throw new AppError(
          `Source "${source}" is registered with the inbox twice`,
        );
      }
      readers.set(source, reader);
      return {
        async append(records, signal) {
          const start = performance.now();
          try {
            await inbox.append(
              records.map((record) => encodeEntry({ source, record })),
              signal,
            );
          } catch (error) {
            if (error instanceof InboxError) {
              metrics?.refused(source, error.reason);
            }
            throw error;
          }
          const seconds = (performance.now() - start) / 1_000;
          metrics?.accepted(source, records.length, seconds);
        },
      };
    },
    start() {
      delivery ??= inbox.deliver({
        handle,
        deadLetter,
        concurrency: config.inboxConcurrency,
        maxAttempts: options.maxAttempts,
        maxAge: config.inboxMaxAge,
      });
    },
    async drain(signal) {
      await delivery?.stop(signal);
    },
    [Symbol.asyncDispose]: () => inbox[Symbol.asyncDispose](),
  };
}

const DONE: InboxVerdict = { kind: "done" };

/**
 * A record that its source cannot read is not an event: it becomes a dead
 * letter.
 */
function read(
  reader: InboxReader,
  record: Uint8Array,
): RecordedEvent | undefined {
  try {
    return reader.read(record);
  } catch (cause) {
    const malformed = new TerminalError("Record of the inbox is not an event", {
      cause,
    });
    return undefinedEvent(reader.source, record, malformed);
  }
}

/** An event of which only the bytes are known. */
function undefinedEvent(
  source: string,
  record: Uint8Array,
  malformed: TerminalError,
): RecordedEvent {
  const id = bytesId(record);
  const event = { type: source, id, source: "", data: undefined };
  return { event, malformed, bytes: record };
}

function verdictOf({ outcome, reason, error }: Result): InboxVerdict {
  switch (outcome) {
    case "handled":
    case "skipped":
    case "duplicate":
    case "rejected":
    case "exhausted":
      return DONE;
    case "overloaded":
    case "cancelled":
      return { kind: "wait" };
    case "failed": {
      if (reason === "draining") return { kind: "wait" };
      const retryAfter = error instanceof EventError
        ? error.retryAfter
        : undefined;
      return { kind: "retry", error, retryAfter };
    }
  }
}

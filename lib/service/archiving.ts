/**
 * What archives events: those of clients from the inbox, where they are, and those of
 * other sources through it.
 *
 * @module
 */

import { openArchivedRanges, TAP_SOURCE } from "../archive/inbox_ranges.ts";
import type { Archive } from "../archive/archive.ts";
import { type Archiver, startArchiver } from "../archive/archiver.ts";
import { archiveRecordOf } from "../archive/event_record.ts";
import { createArchiveMetrics } from "../archive/metrics.ts";
import { openArchive } from "../archive/open.ts";
import type { ArchivedEvent, Transform } from "../archive/transform.ts";
import { moveClientId } from "../archive/transform.ts";
import type { ServiceConfig } from "../config/table.ts";
import type { Logger } from "../core/context.ts";
import { AppError, RetryableError } from "../core/errors.ts";
import type { Event } from "../core/event.ts";
import type {
  EventInbox,
  InboxReader,
  InboxWriter,
} from "../core/event_inbox.ts";
import { channelOf } from "../core/event_types.ts";
import { InboxError } from "../core/inbox.ts";
import type { Metrics } from "../core/metrics.ts";
import type { Handler } from "../core/on.ts";
import type { TraceTask } from "../core/tracing.ts";

/** Options of {@linkcode createArchiving}. */
export interface ArchivingOptions {
  /** The settings. */
  readonly config: ServiceConfig;
  /** Where it logs. */
  readonly log: Logger;
  /** Where it counts. */
  readonly metrics: Metrics;
  /** Runs a flush within a span. @default {traces are off} */
  readonly trace?: TraceTask | undefined;
}

/** The archive of the service. */
export interface Archiving extends AsyncDisposable {
  /** Whether there is an archive: the inbox then keeps events until they are in it. */
  readonly isOn: boolean;
  /** Handlers that archive the events of other sources than clients. */
  readonly handlers: readonly Handler[];
  /**
   * Begins.
   *
   * @throws {StartError} The archive cannot be opened.
   */
  start(inbox: () => Promise<EventInbox>): Promise<void>;
  /** Archives what is there now; at the latest until `signal` ends. */
  drain(signal: AbortSignal): Promise<void>;
}

/** How long a caller leaves a full inbox alone, in milliseconds. */
const FULL_WAIT = 5_000;
/** The channel whose events are in the inbox as they are. */
const CLIENTS = "clientEvents";

/**
 * Reads what is written for the archive: no handler takes it, and it is done at once.
 */
export const TAP_READER: InboxReader = {
  source: TAP_SOURCE,
  costOf: () => 0,
  read: () => undefined,
};

/** Prepares the archive. Nothing is opened yet. */
export function createArchiving(options: ArchivingOptions): Archiving {
  const { config, log, metrics, trace } = options;
  const isOn = config.archive !== "none";
  const isOfClients = (type: string) => channelOf(type) === CLIENTS;
  const others = config.archiveEvents.filter((type) => !isOfClients(type));
  const clients = new Set(config.archiveEvents.filter(isOfClients));
  let writer: InboxWriter | undefined;
  let archiver: Archiver | undefined;

  async function archive(event: Event, signal: AbortSignal): Promise<void> {
    if (writer === undefined) throw new RetryableError("Archive is not open");
    try {
      await writer.append([archiveRecordOf(event, Date.now())], signal);
    } catch (cause) {
      if (!(cause instanceof InboxError)) throw cause;
      throw new RetryableError("Event could not be written for the archive", {
        cause,
        ...(cause.reason === "full" && { retryAfter: FULL_WAIT }),
      });
    }
  }

  return {
    isOn,
    handlers: !isOn || others.length === 0 ? [] : [{
      types: others,
      handle: (event, ctx) => archive(event, ctx.signal),
      options: { name: TAP_SOURCE },
      declaredAt: "ARCHIVE_EVENTS",
    }],
    async start(open) {
      if (!isOn) return;
      const inbox = await open();
      writer = inbox.register(TAP_READER);
      if (inbox.ranges === undefined) {
        throw new AppError("Inbox keeps nothing for the archive");
      }
      const archiveMetrics = createArchiveMetrics(metrics);
      archiver = startArchiver({
        ranges: await openArchivedRanges(inbox.ranges, {
          isArchived: archivedBy(clients),
          onRead: archiveMetrics.reading,
        }),
        archive: traced(
          await openArchive({
            config,
            transform: transformOf(config.archiveTransform),
          }),
          trace,
        ),
        maxBytes: config.archiveFlushBytes,
        maxAge: config.archiveFlushTime,
        observer: {
          archived(done, milliseconds) {
            archiveMetrics.archived(done, milliseconds);
            const { events, errors, objects } = done;
            const fields = { count: events, errors, objects };
            if (errors === 0) log.info("Events archived", fields);
            else log.warn("Events archived, some of them in error/", fields);
          },
          failed(error, delay) {
            archiveMetrics.failed(error, delay);
            log.warn("Events could not be archived: tried again", {
              error,
              delayMs: Math.round(delay),
            });
          },
        },
      });
    },
    async drain(signal) {
      try {
        await archiver?.drain(signal);
      } catch (error) {
        log.warn("Events are left for the archive at the next start", {
          error,
        });
      }
    },
    async [Symbol.asyncDispose]() {
      await archiver?.[Symbol.asyncDispose]();
    },
  };
}

/** Has each flush be a span. */
function traced(archive: Archive, trace: TraceTask | undefined): Archive {
  if (trace === undefined) return archive;
  return {
    write: (range, signal) =>
      trace("archive", async (set) => {
        const done = await archive.write(range, signal);
        set({
          "archive.events": done.events,
          "archive.errors": done.errors,
          "archive.objects": done.objects,
          "archive.bytes": done.bytes,
        });
        return done;
      }),
  };
}

const decoder = new TextDecoder();

/** Which records are archived. */
function archivedBy(
  clients: ReadonlySet<string>,
): (source: string, record: Uint8Array) => boolean {
  const all = clients.has(`${CLIENTS}.*`);
  return (source, record) => {
    if (source === TAP_SOURCE) return true;
    if (source !== CLIENTS || clients.size === 0) return false;
    return all || clients.has(`${CLIENTS}.${typeOf(record)}`);
  };
}

function typeOf(record: Uint8Array): string {
  const { detail } = JSON.parse(decoder.decode(record)) as {
    readonly detail?: { readonly eventType?: unknown };
  };
  return String(detail?.eventType);
}

/** The transform, of players' events alone. */
function transformOf(
  name: ServiceConfig["archiveTransform"],
): Transform | undefined {
  if (name === "none") return undefined;
  return (event: ArchivedEvent) =>
    event["source"] === "clientevents" ? moveClientId(event) : event;
}

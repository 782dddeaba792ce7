/**
 * What archives events: those of clients from the inbox, where they are, and those of
 * other sources through it.
 *
 * @module
 */

import { archivedRanges } from "../archive/inbox_ranges.ts";
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
import type { EventInbox, InboxWriter } from "../core/event_inbox.ts";
import { channelOf } from "../core/event_types.ts";
import type { Metrics } from "../core/metrics.ts";
import type { Handler } from "../core/on.ts";

/** Options of {@linkcode createArchiving}. */
export interface ArchivingOptions {
  /** The settings. */
  readonly config: ServiceConfig;
  /** Where it logs. */
  readonly log: Logger;
  /** Where it counts. */
  readonly metrics: Metrics;
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

/** The channel whose events are in the inbox as they are. */
const CLIENTS = "clientEvents";
/** Whose records those of other sources are. */
const SOURCE = "archive";

/** Prepares the archive. Nothing is opened yet. */
export function createArchiving(options: ArchivingOptions): Archiving {
  const { config, log, metrics } = options;
  const isOn = config.archive !== "none";
  const isOfClients = (type: string) => channelOf(type) === CLIENTS;
  const others = config.archiveEvents.filter((type) => !isOfClients(type));
  const clients = new Set(config.archiveEvents.filter(isOfClients));
  let writer: InboxWriter | undefined;
  let archiver: Archiver | undefined;

  async function archive(event: Event, signal: AbortSignal): Promise<void> {
    if (writer === undefined) throw new RetryableError("Archive is not open");
    await writer.append([archiveRecordOf(event, Date.now())], signal);
  }

  return {
    isOn,
    handlers: !isOn || others.length === 0 ? [] : [{
      types: others,
      handle: (event, ctx) => archive(event, ctx.signal),
      options: { name: SOURCE },
      declaredAt: "ARCHIVE_EVENTS",
    }],
    async start(open) {
      if (!isOn) return;
      const inbox = await open();
      // What is written for the archive is done once it is read there.
      writer = inbox.register({
        source: SOURCE,
        costOf: () => 0,
        read: () => undefined,
      });
      if (inbox.ranges === undefined) {
        throw new AppError("Inbox keeps nothing for the archive");
      }
      const archiveMetrics = createArchiveMetrics(metrics);
      archiver = startArchiver({
        ranges: archivedRanges(inbox.ranges, {
          isArchived: archivedBy(clients),
          onRead: archiveMetrics.reading,
        }),
        archive: await openArchive({
          config,
          transform: transformOf(config.archiveTransform),
        }),
        maxBytes: config.archiveFlushBytes,
        maxAge: config.archiveFlushTime,
        observer: {
          archived: archiveMetrics.archived,
          failed(error, delay) {
            archiveMetrics.failed(error, delay);
            log.warn("Events could not be archived: tried again", {
              error,
              delay,
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

const decoder = new TextDecoder();

/** Which records are archived. */
function archivedBy(
  clients: ReadonlySet<string>,
): (source: string, record: Uint8Array) => boolean {
  const all = clients.has(`${CLIENTS}.*`);
  return (source, record) => {
    if (source === SOURCE) return true;
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

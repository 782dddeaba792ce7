/**
 * The archive: events as JSON lines, by partition.
 *
 * @module
 */

import type { InboxEntry, InboxRange } from "../core/inbox.ts";
import { type Compression, METHODS } from "./compression.ts";
import { lineOf } from "./_line.ts";
import { ERROR_FOLDER, folderMark } from "./_names.ts";
import { compilePartition, DEFAULT_PARTITION } from "./partition.ts";
import type { ArchiveTarget } from "./target.ts";
import type { Transform } from "./transform.ts";

/** Options of {@linkcode createArchive}. */
export interface ArchiveOptions {
  /** The destination of objects. */
  readonly target: ArchiveTarget;
  /** The folders: see {@linkcode compilePartition}. @default {DEFAULT_PARTITION} */
  readonly partition?: string;
  /** How objects are compressed. @default {"gzip"} */
  readonly compression?: Compression;
  /** Changes events before they are archived. @default {none: byte for byte} */
  readonly transform?: Transform;
  /**
   * The most partitions per range, because clients name them and each is an
   * object. Events of further ones go to the error folder.
   *
   * @default {100}
   */
  readonly maxPartitions?: number;
}

/** The result for a range. */
export interface Archived {
  /** Events in partitions. */
  readonly events: number;
  /** Events in the error folder. */
  readonly errors: number;
  /** Events dropped by the transform. */
  readonly dropped: number;
  /** The number of objects. */
  readonly objects: number;
  /** Their compressed size, in bytes. */
  readonly bytes: number;
}

/** An archive. */
export interface Archive {
  /**
   * Archives a range. The same range produces the same object names, so that
   * repeating it after a crash creates no duplicates.
   *
   * @throws {ArchiveTargetError} Not all objects were stored: try again.
   */
  write(range: InboxRange, signal: AbortSignal): Promise<Archived>;
}

/** Why an event is in the error folder: the name of a folder there. */
export type ArchiveFault =
  | "processing-failed"
  | "partition-failed"
  | "partitions-exceeded";

/** Objects stored concurrently. */
const PARALLEL = 4;

/**
 * Creates an archive. It holds one range in memory while it is being written.
 *
 * @throws {PartitionTemplateError} The template is invalid.
 */
export function createArchive(options: ArchiveOptions): Archive {
  const { target, compression = "gzip", maxPartitions = 100 } = options;
  const partition = compilePartition(options.partition ?? DEFAULT_PARTITION);
  const { compress, contentType, extension } = METHODS[compression];

  /** The lines of a range, by folder. */
  async function sort(range: InboxRange) {
    const folders = new Map<string, string[]>();
    const counts = { events: 0, errors: 0, dropped: 0 };

    function add(folder: string, line: string): void {
      const lines = folders.get(folder);
      if (lines === undefined) folders.set(folder, [line]);
      else lines.push(line);
    }

    function fail(entry: InboxEntry, fault: ArchiveFault, why: string): void {
      counts.errors++;
      add(`${ERROR_FOLDER}/${fault}/`, errorLine(entry, fault, why));
    }

    let partitions = 0;
    for await (const entry of range.entries()) {
      let folder: string;
      try {
        const line = lineOf(entry.bytes, options.transform);
        if (line === undefined) {
          counts.dropped++;
          continue;
        }
        try {
          folder = partition(line.event, entry.acceptedAt);
        } catch (error) {
          fail(entry, "partition-failed", messageOf(error));
          continue;
        }
        if (!folders.has(folder) && partitions++ >= maxPartitions) {
          fail(
            entry,
            "partitions-exceeded",
            `More than ${maxPartitions} partitions at once`,
          );
          continue;
        }
        add(folder, line.text);
        counts.events++;
      } catch (error) {
        fail(entry, "processing-failed", messageOf(error));
      }
    }
    return { folders, counts };
  }

  return {
    async write(range, signal) {
      const { folders, counts } = await sort(range);
      const waiting = [...folders];
      let bytes = 0;
      async function put(folder: string, lines: readonly string[]) {
        signal.throwIfAborted();
        const text = encoder.encode(`${lines.join("\n")}\n`);
        const compressed = new Uint8Array(await compress(text));
        const name = `${folder}${range.id}-${folderMark(folder)}${extension}`;
        await target.put({ name, bytes: compressed, contentType }, signal);
        bytes += compressed.length;
      }

      await inParallel(PARALLEL, async () => {
        try {
          for (let next = waiting.shift(); next; next = waiting.shift()) {
            await put(...next);
          }
        } catch (error) {
          // The other objects need not be tried either.
          waiting.length = 0;
          throw error;
        }
      });
      return { ...counts, objects: folders.size, bytes };
    },
  };
}

const encoder = new TextEncoder();

/**
 * Runs a worker several times concurrently, and waits for all of them, whatever
 * their results.
 */
async function inParallel(
  count: number,
  worker: () => Promise<void>,
): Promise<void> {
  const ends = await Promise.allSettled(Array.from({ length: count }, worker));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

/**
 * The line of an event that cannot be archived normally, with the reason, in
 * Firehose's form.
 */
function errorLine(
  { bytes, acceptedAt }: InboxEntry,
  errorCode: ArchiveFault,
  errorMessage: string,
): string {
  return JSON.stringify({
    arrivalTimestamp: new Date(acceptedAt).toISOString(),
    errorCode,
    errorMessage,
    rawData: bytes.toBase64(),
  });
}

/** Without the parser's message, which quotes the event. */
function messageOf(error: unknown): string {
  if (error instanceof SyntaxError) return "Event is not JSON";
  const text = error instanceof Error ? error.message : String(error);
  return text.slice(0, 1_000);
}

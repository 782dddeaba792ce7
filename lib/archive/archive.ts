/**
 * The archive: events as lines of JSON, by partition.
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
  /** Where objects go. */
  readonly target: ArchiveTarget;
  /** The folders: see {@linkcode compilePartition}. @default {DEFAULT_PARTITION} */
  readonly partition?: string;
  /** How objects are compressed. @default {"gzip"} */
  readonly compression?: Compression;
  /** Changes events before they are archived. @default {none: byte for byte} */
  readonly transform?: Transform;
  /**
   * Partitions of one range, at most: clients name them, and each is an object. The
   * events of all further ones go to the folder of errors.
   *
   * @default {100}
   */
  readonly maxPartitions?: number;
}

/** What became of a range. */
export interface Archived {
  /** Events in partitions. */
  readonly events: number;
  /** Events in the folder of errors. */
  readonly errors: number;
  /** Events that the transform left out. */
  readonly dropped: number;
  /** How many objects there are. */
  readonly objects: number;
  /** What they take, compressed, in bytes. */
  readonly bytes: number;
}

/** An archive. */
export interface Archive {
  /**
   * Archives a range. The same range gives objects of the same names, so that doing it
   * again after a crash makes none that are there twice.
   *
   * @throws {ArchiveTargetError} Not all objects are kept: to be tried again.
   */
  write(range: InboxRange, signal: AbortSignal): Promise<Archived>;
}

/** Why an event is in the folder of errors: the name of a folder there. */
export type ArchiveFault =
  | "processing-failed"
  | "partition-failed"
  | "partitions-exceeded";

/** Objects that are put at once. */
const PARALLEL = 4;

/**
 * Creates an archive. It holds one range in memory while it is written.
 *
 * @throws {PartitionTemplateError} The template makes no sense.
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
          // The others need not try, either.
          waiting.length = 0;
          throw error;
        }
      });
      return { ...counts, objects: folders.size, bytes };
    },
  };
}

const encoder = new TextEncoder();

/** Runs a worker several times at once, and waits for all of them, come what may. */
async function inParallel(
  count: number,
  worker: () => Promise<void>,
): Promise<void> {
  const ends = await Promise.allSettled(Array.from({ length: count }, worker));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

/** An event that cannot be archived as it should, with why, as Firehose has it. */
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

/** Without the parser's own words: they show a part of the event. */
function messageOf(error: unknown): string {
  if (error instanceof SyntaxError) return "Event is not JSON";
  const text = error instanceof Error ? error.message : String(error);
  return text.slice(0, 1_000);
}

/**
 * An inbox in files on this machine.
 *
 * ```
 * <folder>/lock              whoever has it locked owns the folder
 *          accepted/<n>.log  what was appended
 *          accepted/<n>.done which of it is done
 *          ranges.cursor     up to where the archive has read it
 *          failed-1/ …       what failed and waits, by how long it waits
 * ```
 *
 * Accepted entries are written and synced, so that they survive the end of the
 * process and a power cut, as long as the disk does. They are not replicated to
 * another machine.
 *
 * @module
 */

import { join } from "node:path";
import { abortable } from "../core/async.ts";
import { StartError } from "../core/errors.ts";
import {
  type DeliverOptions,
  type Inbox,
  type InboxDelivery,
  InboxError,
  type InboxRanges,
  type InboxState,
} from "../core/inbox.ts";
import { Delivery } from "./_delivery.ts";
import { FILE_SYSTEM, type FileSystem } from "./_file_system.ts";
import { frameLength, type StoredEntry } from "./_frame.ts";
import { Log } from "./_log.ts";
import type { InboxObserver } from "./_log_options.ts";
import { Ranges } from "./_ranges.ts";
import { RETRY_DELAYS } from "./_retry_queue.ts";

export type { InboxObserver } from "./_log_options.ts";

/** Options of {@linkcode openFileInbox}. */
export interface FileInboxOptions {
  /** The folder. It is created, and belongs to one process at a time. */
  readonly folder: string;
  /**
   * The most bytes of its files that may wait. Failed entries may take as much
   * again while the entries accepted with them are still needed.
   */
  readonly maxBytes: number;
  /**
   * Keeps every entry until a reader of `ranges` has committed it.
   * @default {false}
   */
  readonly hasRanges?: boolean;
  /**
   * How long entries are kept beyond that, in milliseconds, while the inbox is less
   * than half full.
   *
   * @default {0}
   */
  readonly keepTime?: number;
  /**
   * Delays between the runs of an entry, ascending, in milliseconds.
   *
   * @default {1 s to 1 h}
   */
  readonly delays?: readonly number[];
  /**
   * The size at which a new file is started, in bytes. @default {8 MiB, or
   * less}
   */
  readonly segmentBytes?: number;
  /** The observer. @default {none} */
  readonly observer?: InboxObserver;
  /** The file system. @default {this machine's} */
  readonly files?: FileSystem;
}

/** The folder of the inbox is unusable. */
export class InboxFolderError extends StartError {
  override name = "InboxFolderError";
}

/** The most bytes that may wait to be written: they are in memory. */
const MAX_PENDING = 2 ** 25;
const SEGMENT_BYTES = 2 ** 23;

/**
 * Opens an inbox, with what an earlier process left in it.
 *
 * @throws {InboxFolderError} Another process uses the folder, or it is
 * unusable.
 */
export async function openFileInbox(
  options: FileInboxOptions,
): Promise<Inbox> {
  const { folder, files = FILE_SYSTEM } = options;
  await using opened = new AsyncDisposableStack();
  try {
    await files.makeFolder(folder);
    const lock = await files.lock(join(folder, "lock"));
    if (lock === undefined) {
      throw new InboxFolderError(
        `Folder ${folder} of the inbox is in use by another process: expected ` +
          "a separate folder for each",
      );
    }
    opened.use(lock);
    const inbox = await openLogs({ ...options, files }, opened);
    return new FileInbox(inbox, opened.move());
  } catch (cause) {
    if (cause instanceof StartError) throw cause;
    throw new InboxFolderError(
      `Folder ${folder} of the inbox is unusable: expected one that this ` +
        "process may read and write",
      { cause },
    );
  }
}

/** The parts of an open inbox. */
interface Parts {
  readonly accepted: Log;
  readonly failed: readonly Log[];
  readonly ranges: Ranges | undefined;
  readonly delays: readonly number[];
  readonly maxBytes: number;
  readonly observer: InboxObserver;
}

async function openLogs(
  options: FileInboxOptions & { readonly files: FileSystem },
  opened: AsyncDisposableStack,
): Promise<Parts> {
  const { folder, files, maxBytes, observer = {} } = options;
  const { delays = RETRY_DELAYS, hasRanges = false } = options;
  const { segmentBytes = Math.min(SEGMENT_BYTES, maxBytes / 16) } = options;
  const open = async (name: string) =>
    opened.use(
      await Log.open({
        folder: join(folder, name),
        files,
        segmentBytes,
        observer,
      }),
    );
  const accepted = await open("accepted");
  const path = join(folder, "ranges.cursor");
  const ranges = hasRanges
    ? opened.use(
      await Ranges.open({
        ...{ log: accepted, path, files },
        keepTime: options.keepTime,
        keepBytes: maxBytes / 2,
      }),
    )
    : undefined;
  const failed: Log[] = [];
  const count = countFailed(await files.list(folder), delays.length);
  for (let index = 0; index < count; index++) {
    failed.push(await open(`failed-${index + 1}`));
  }
  for (const log of [accepted, ...failed]) log.tidy();
  return { accepted, failed, ranges, delays, maxBytes, observer };
}

/** An earlier process may have had more delays. */
function countFailed(names: readonly string[], least: number): number {
  const numbers = names.flatMap((name) =>
    /^failed-(\d{1,3})$/.exec(name)?.slice(1).map(Number) ?? []
  );
  return Math.max(least, ...numbers);
}

class FileInbox implements Inbox {
  readonly #parts: Parts;
  readonly #opened: AsyncDisposableStack;
  #delivery: InboxDelivery | undefined;

  constructor(parts: Parts, opened: AsyncDisposableStack) {
    this.#parts = parts;
    this.#opened = opened;
  }

  get ranges(): InboxRanges | undefined {
    return this.#parts.ranges;
  }

  get state(): InboxState {
    const { accepted, failed, maxBytes } = this.#parts;
    return {
      bytes: this.#bytes(),
      maxBytes,
      waiting: accepted.waiting,
      retrying: failed.reduce((sum, { waiting }) => sum + waiting, 0),
    };
  }

  #bytes(): number {
    const { accepted, failed } = this.#parts;
    return failed.reduce((sum, { bytes }) => sum + bytes, accepted.bytes);
  }

  async append(
    entries: readonly Uint8Array[],
    signal?: AbortSignal,
  ): Promise<void> {
    signal?.throwIfAborted();
    if (entries.length === 0) return;
    const { accepted, maxBytes } = this.#parts;
    const now = Date.now();
    const stored = entries.map((bytes): StoredEntry => ({
      bytes,
      acceptedAt: now,
      dueAt: 0,
      failures: 0,
    }));
    const length = frameLength(stored);
    if (this.#bytes() + length > maxBytes) {
      throw new InboxError(
        `Inbox is full: ${maxBytes} bytes are waiting, the most allowed`,
        { reason: "full" },
      );
    }
    if (accepted.pendingBytes + length > MAX_PENDING) {
      throw new InboxError("Inbox is full: the disk is too slow", {
        reason: "full",
      });
    }
    const done = accepted.append(stored);
    await (signal === undefined ? done : abortable(done, signal));
  }

  deliver(options: DeliverOptions): InboxDelivery {
    if (this.#delivery !== undefined) {
      throw new TypeError(
        "Inbox is already being delivered: expected one delivery",
      );
    }
    const { accepted, failed, delays, maxBytes, observer } = this.#parts;
    const delivery = new Delivery({
      accepted,
      failed,
      delays,
      hasRoom: () => this.#bytes() < 2 * maxBytes,
      observer,
    }, options);
    this.#delivery = delivery;
    return delivery;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#delivery?.[Symbol.asyncDispose]();
    await this.#opened.disposeAsync();
  }
}

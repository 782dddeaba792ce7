/**
 * Options and observation of an inbox's logs.
 *
 * @module
 */

import type { FileSystem } from "./_file_system.ts";

/** Observes an inbox, for logs and metrics. Must not throw. */
export interface InboxObserver {
  /**
   * Entries are durable. @param milliseconds The duration of the write and its
   * sync.
   */
  committed?(entries: number, bytes: number, milliseconds: number): void;
  /**
   * A file could not be written or read. Entries being appended were refused;
   * everything else is retried.
   */
  failed?(error: unknown): void;
  /**
   * Entries are unreadable and skipped: the disk has lost or changed a part of
   * a file. After a power cut, they may be entries that were never accepted.
   *
   * @param path The file.
   * @param entries Their number, as far as known.
   */
  lost?(path: string, entries: number | undefined): void;
}

/** Options shared by all logs of an inbox. */
export interface LogOptions {
  /** The file system. */
  readonly files: FileSystem;
  /** The size at which a new segment is started, in bytes. */
  readonly segmentBytes: number;
  /** The observer. */
  readonly observer: InboxObserver;
}

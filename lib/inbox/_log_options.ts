/**
 * What the logs of an inbox are told, and what they tell.
 *
 * @module
 */

import type { FileSystem } from "./_file_system.ts";

/** Told of what happens in an inbox, for logs and metrics. Must not throw. */
export interface InboxObserver {
  /** Entries are safe. @param milliseconds How long the write and its sync took. */
  committed?(entries: number, bytes: number, milliseconds: number): void;
  /**
   * A file could not be written or read. Entries that were being appended were
   * refused; all else is tried again.
   */
  failed?(error: unknown): void;
  /**
   * Entries are unreadable, and skipped: the disk has lost or changed a part of a
   * file. After a power cut they may be such as were never accepted.
   *
   * @param path The file.
   * @param entries How many, as far as is known.
   */
  lost?(path: string, entries: number | undefined): void;
}

/** What all logs of an inbox have in common. */
export interface LogOptions {
  /** Where they are. */
  readonly files: FileSystem;
  /** The size from which a new segment is begun, in bytes. */
  readonly segmentBytes: number;
  /** Told of what happens. */
  readonly observer: InboxObserver;
}

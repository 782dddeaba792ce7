/**
 * The inbox: a durable queue for events whose sender does not wait. An accepted
 * entry is handled, whatever happens to this process meanwhile.
 *
 * One interface for every inbox; `lib/inbox/conformance.ts` has the rules.
 *
 * @module
 */

/** One accepted entry. */
export interface InboxEntry {
  /** What was appended. */
  readonly bytes: Uint8Array;
  /** When it was appended, in milliseconds since the epoch. */
  readonly acceptedAt: number;
  /** How many runs of it have failed. */
  readonly failures: number;
}

/** Why an inbox refuses entries. */
export type InboxRefusal = "full" | "failed" | "closed";

/** Options of {@linkcode InboxError}. */
export interface InboxErrorOptions extends ErrorOptions {
  /**
   * `full`: the limit is reached, or the disk is full. `failed`: the entries
   * could not be written. `closed`: the inbox accepts no more entries.
   */
  readonly reason: InboxRefusal;
}

/**
 * Entries were not accepted. The sender may send them again; after `failed`,
 * some of them may still be handled.
 */
export class InboxError extends Error {
  override name = "InboxError";
  /** The reason. */
  readonly reason: InboxRefusal;

  /** Creates the error; `cause` keeps the underlying error. */
  constructor(message: string, options: InboxErrorOptions) {
    super(message, options);
    this.reason = options.reason;
  }
}

/** How one run of an entry ended. */
export type InboxVerdict =
  | {
    /** It does not run again. */
    readonly kind: "done";
  }
  | {
    /**
     * It failed: it runs again after a growing delay, or becomes a dead letter.
     */
    readonly kind: "retry";
    /** Why it failed. */
    readonly error?: unknown;
    /** The shortest useful delay, in milliseconds. */
    readonly retryAfter?: number | undefined;
  }
  | {
    /** It could not run now; this does not count as a failure. */
    readonly kind: "wait";
    /** The shortest useful delay, in milliseconds. */
    readonly retryAfter?: number | undefined;
  };

/** An entry that is not retried although it never succeeded. */
export interface InboxDeadLetter {
  /** The entry. */
  readonly entry: InboxEntry;
  /** Which limit was reached: `maxAttempts` or `maxAge`. */
  readonly reason: "attempts" | "age";
  /** The error of the last run, if it ran in this process. */
  readonly error?: unknown;
}

/** Options of {@linkcode Inbox.deliver}. */
export interface DeliverOptions {
  /**
   * Runs one entry. An entry may be delivered twice: after a crash, entries
   * whose run had not ended, or had only just ended, are delivered again.
   *
   * What it throws counts as a failed run.
   *
   * @param signal Aborts when the delivery has no time left.
   */
  readonly handle: (
    entry: InboxEntry,
    signal: AbortSignal,
  ) => Promise<InboxVerdict>;
  /**
   * Writes a dead letter. The entry is kept until it resolves; if it throws, it
   * is called again later.
   */
  readonly deadLetter: (
    letter: InboxDeadLetter,
    signal: AbortSignal,
  ) => Promise<void>;
  /** Entries that run concurrently. */
  readonly concurrency: number;
  /** The most runs of one entry. */
  readonly maxAttempts: number;
  /**
   * The age from which a failed entry is not retried, in milliseconds.
   * @default {24 h}
   */
  readonly maxAge?: number;
}

/** A running delivery to `handle`. Disposing it ends it at once. */
export interface InboxDelivery extends AsyncDisposable {
  /**
   * Starts no more runs, and waits for running ones.
   *
   * @param signal Ends the wait, and aborts the signal of these runs.
   */
  stop(signal: AbortSignal): Promise<void>;
}

/** Options of {@linkcode InboxRanges.next}. */
export interface NextRangeOptions {
  /** How many bytes of entries are enough for a range. */
  readonly maxBytes: number;
  /**
   * How old the first entry may become before fewer bytes are enough, in
   * milliseconds.
   */
  readonly maxAge: number;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/**
 * Entries that were appended one after the other. Its bounds are stable: after
 * a crash, the same range is returned under the same id until it is committed.
 */
export interface InboxRange {
  /** Identifies exactly these entries: letters, digits and `-`. */
  readonly id: string;
  /** Reads its entries in order; can be called more than once. */
  entries(): AsyncIterable<InboxEntry>;
  /** Marks the range as finished. */
  commit(): Promise<void>;
}

/** All entries in the order of acceptance, for one reader. */
export interface InboxRanges {
  /**
   * Waits for the next range.
   *
   * @throws The signal's reason.
   */
  next(options: NextRangeOptions): Promise<InboxRange>;
  /**
   * The next range of what is available now, however small and recent.
   *
   * @returns `undefined` if there are no entries.
   * @throws The signal's reason.
   */
  rest(
    options: Omit<NextRangeOptions, "maxAge">,
  ): Promise<InboxRange | undefined>;
  /**
   * Reads entries of ranges that were committed lately, in order, as far as they are
   * still there: so that this process knows what an earlier one has read.
   */
  recent(): AsyncIterable<InboxEntry>;
}

/** The fill level of an inbox. */
export interface InboxState {
  /** The bytes that it uses. */
  readonly bytes: number;
  /** The bytes that it may use before it is full. */
  readonly maxBytes: number;
  /** Entries that are unfinished and have not failed. */
  readonly waiting: number;
  /** Entries that have failed and will be retried. */
  readonly retrying: number;
}

/**
 * A durable queue of entries. Disposing it keeps waiting entries for the next
 * start.
 */
export interface Inbox extends AsyncDisposable {
  /**
   * Accepts entries, all or none. When it resolves they are durable.
   *
   * @param signal Ends the wait; the entries may still be accepted.
   * @throws {InboxError} They are not accepted.
   * @throws {RangeError} They do not fit in one append.
   */
  append(entries: readonly Uint8Array[], signal?: AbortSignal): Promise<void>;
  /**
   * Runs every entry until it is done or a dead letter. Failed entries do not
   * block others; the order is not defined.
   */
  deliver(options: DeliverOptions): InboxDelivery;
  /**
   * Reads every entry once more, for the archive; `undefined` if not enabled.
   */
  readonly ranges: InboxRanges | undefined;
  /** The current fill level. */
  readonly state: InboxState;
}

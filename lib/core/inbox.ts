/**
 * The inbox: where events wait whose caller does not. An entry that was accepted is
 * handled, whatever happens to this process meanwhile.
 *
 * One interface for every inbox; what each must do is in `lib/inbox/conformance.ts`.
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

/** Why an inbox does not take entries. */
export type InboxRefusal = "full" | "failed" | "closed";

/** Options of {@linkcode InboxError}. */
export interface InboxErrorOptions extends ErrorOptions {
  /**
   * `full`: as much waits as may, or the disk is full. `failed`: the entries could
   * not be written. `closed`: the inbox takes no more.
   */
  readonly reason: InboxRefusal;
}

/**
 * Entries were not accepted. Whoever sent them may send them again; after `failed`,
 * some of them may be handled all the same.
 */
export class InboxError extends Error {
  override name = "InboxError";
  /** Why. */
  readonly reason: InboxRefusal;

  /** Creates the error; `cause` keeps what led to it. */
  constructor(message: string, options: InboxErrorOptions) {
    super(message, options);
    this.reason = options.reason;
  }
}

/** How one run of an entry ended. */
export type InboxVerdict =
  | {
    /** It is never run again. */
    readonly kind: "done";
  }
  | {
    /** It failed: it is run again after a while that grows, or becomes a dead letter. */
    readonly kind: "retry";
    /** Why it failed. */
    readonly error?: unknown;
    /** The shortest wait that is of use, in milliseconds. */
    readonly retryAfter?: number | undefined;
  }
  | {
    /** It could not be run now, which does not count as a failure. */
    readonly kind: "wait";
    /** The shortest wait that is of use, in milliseconds. */
    readonly retryAfter?: number | undefined;
  };

/** An entry that is not run again although it never worked. */
export interface InboxDeadLetter {
  /** The entry. */
  readonly entry: InboxEntry;
  /** What ran out: `maxAttempts` or `maxAge`. */
  readonly reason: "attempts" | "age";
  /** What the last run failed with, if this process has seen it. */
  readonly error?: unknown;
}

/** Options of {@linkcode Inbox.deliver}. */
export interface DeliverOptions {
  /**
   * Runs one entry. An entry may come twice: after a crash, those come again whose
   * run had not ended, or had only just.
   *
   * What it throws counts as a failed run.
   *
   * @param signal Ends when the delivery is out of time to end in.
   */
  readonly handle: (
    entry: InboxEntry,
    signal: AbortSignal,
  ) => Promise<InboxVerdict>;
  /**
   * Keeps an entry that is given up. Until it resolves, the entry is not gone: if it
   * throws, it is called again later.
   */
  readonly deadLetter: (
    letter: InboxDeadLetter,
    signal: AbortSignal,
  ) => Promise<void>;
  /** Entries that are run at once. */
  readonly concurrency: number;
  /** Runs of one entry, at most. */
  readonly maxAttempts: number;
  /** The age at which a failed entry is not run again, in milliseconds. @default {24 h} */
  readonly maxAge?: number;
}

/** Entries on their way to `handle`. Disposing it ends it without patience. */
export interface InboxDelivery extends AsyncDisposable {
  /**
   * Starts no more runs, and waits for those that are under way.
   *
   * @param signal Ends the patience: the signal of these runs ends, too.
   */
  stop(signal: AbortSignal): Promise<void>;
}

/** Options of {@linkcode InboxRanges.next}. */
export interface NextRangeOptions {
  /** How much is enough for a range, in bytes of its entries. */
  readonly maxBytes: number;
  /** How old the first entry may become before less is enough, in milliseconds. */
  readonly maxAge: number;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/**
 * Entries that were appended one after the other. Its borders stay as they are: after
 * a crash, the same range comes again under the same id, until it is committed.
 */
export interface InboxRange {
  /** The same for the same entries, and for no others: letters, digits and `-`. */
  readonly id: string;
  /** Reads its entries in order; may be called more than once. */
  entries(): AsyncIterable<InboxEntry>;
  /** Marks the range as finished. */
  commit(): Promise<void>;
}

/** All entries in the order in which they were accepted, for one reader. */
export interface InboxRanges {
  /**
   * Waits for the next range.
   *
   * @throws The signal's reason.
   */
  next(options: NextRangeOptions): Promise<InboxRange>;
  /**
   * The next range of what is there now, however little and new that is.
   *
   * @returns `undefined` if nothing is there.
   * @throws The signal's reason.
   */
  rest(
    options: Omit<NextRangeOptions, "maxAge">,
  ): Promise<InboxRange | undefined>;
}

/** How full an inbox is. */
export interface InboxState {
  /** What it takes, in bytes. */
  readonly bytes: number;
  /** What it may take before it is full, in bytes. */
  readonly maxBytes: number;
  /** Entries that are unfinished and have not failed. */
  readonly waiting: number;
  /** Entries that have failed and are to be run again. */
  readonly retrying: number;
}

/** A durable queue of entries. Disposing it leaves what waits for the next start. */
export interface Inbox extends AsyncDisposable {
  /**
   * Accepts entries, all or none. When it resolves they are safe.
   *
   * @param signal Ends the wait: the entries may still be accepted.
   * @throws {InboxError} They are not accepted.
   * @throws {RangeError} They are more than fits in one append.
   */
  append(entries: readonly Uint8Array[], signal?: AbortSignal): Promise<void>;
  /**
   * Runs every entry until it is done or a dead letter. Failed ones wait without
   * standing in the way of others, and come in no certain order.
   */
  deliver(options: DeliverOptions): InboxDelivery;
  /** Reads every entry once more, for the archive; `undefined` if not asked for. */
  readonly ranges: InboxRanges | undefined;
  /** How full it is now. */
  readonly state: InboxState;
}

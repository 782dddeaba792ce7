/**
 * Accepts events: whatever is answered as accepted is on disk.
 *
 * @module
 */

import { createBoundedMap } from "../core/bounded_map.ts";
import { HttpProblem } from "../core/http.ts";
import { InboxError } from "../core/inbox.ts";
import {
  type CheckedEntry,
  checkEntry,
  type EntryFailure,
  type EnvelopeOptions,
  isFailure,
  type SentEntry,
} from "./entry.ts";
import type { EntryOutcome } from "./put_events.ts";

/** Stores entries: an inbox's `append()`. */
export type Append = (
  entries: readonly Uint8Array[],
  signal: AbortSignal,
) => Promise<void>;

/** Observes accepted and refused events. */
export interface AcceptorObserver {
  /** This many events were stored. */
  accepted(count: number): void;
  /** This many repeat a stored one. */
  repeated(count: number): void;
  /** One was refused. */
  refused(code: EntryFailure["errorCode"]): void;
}

/** Options of {@linkcode createAcceptor}. */
export interface AcceptorOptions {
  /** Stores entries. */
  readonly append: Append;
  /** The observer. */
  readonly observer: AcceptorObserver;
  /** Time limit for storing, in milliseconds. @default {10000} */
  readonly timeout?: number;
}

/** Accepts events. */
export interface Acceptor {
  /**
   * Accepts the valid events of a request, all or none of them.
   *
   * @returns The result for each, in order.
   * @throws {HttpProblem} 503: they could not be stored. The client may send
   * them again.
   */
  accept(
    entries: readonly SentEntry[],
    options: EnvelopeOptions,
  ): Promise<readonly EntryOutcome[]>;
  /**
   * Accepts all entries of a request, or none.
   *
   * @throws {HttpProblem} 422: one of them is invalid. 503: as for `accept`.
   */
  acceptAll(
    entries: readonly SentEntry[],
    options: EnvelopeOptions,
  ): Promise<void>;
}

/**
 * The most client ids to remember, for clients that repeat what was not
 * answered.
 */
const MAX_IDS = 50_000;

/** Creates the acceptor. */
export function createAcceptor(options: AcceptorOptions): Acceptor {
  const { append, observer, timeout = 10_000 } = options;
  /** Ids given by clients, with the promise of their storage. */
  const known = createBoundedMap<Promise<void>>(MAX_IDS);

  async function write(entries: readonly Uint8Array[]): Promise<void> {
    const controller = new AbortController();
    const timer = setTimeout(
      () => controller.abort(new DOMException("Disk is slow", "TimeoutError")),
      timeout,
    );
    try {
      await append(entries, controller.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  function check(
    entries: readonly SentEntry[],
    envelope: EnvelopeOptions,
  ): readonly Checked[] {
    return entries.map((entry) => {
      const checked = checkEntry(entry, envelope);
      if (isFailure(checked)) observer.refused(checked.errorCode);
      return checked;
    });
  }

  async function keep(
    checked: readonly Checked[],
  ): Promise<readonly EntryOutcome[]> {
    const { promise: written, resolve, reject } = Promise.withResolvers<
      void
    >();
    // Nobody else may be waiting for it.
    written.catch(() => {});
    const fresh: Uint8Array[] = [];
    const own: string[] = [];
    const others: Promise<void>[] = [];
    const outcomes = checked.map((each): EntryOutcome => {
      if (isFailure(each)) return each;
      const { id, isOwnId, bytes } = each;
      const before = isOwnId ? known.get(id) : undefined;
      if (before === undefined) {
        fresh.push(bytes);
        if (isOwnId) {
          own.push(id);
          known.set(id, written);
        }
      } else others.push(before);
      return { id };
    });
    try {
      if (fresh.length > 0) await write(fresh);
      resolve();
    } catch (cause) {
      reject(cause);
      for (const id of own) {
        if (known.get(id) === written) known.delete(id);
      }
      throw refusalOf(cause);
    }
    observer.accepted(fresh.length);
    try {
      await Promise.all(others);
    } catch (cause) {
      throw refusalOf(cause);
    }
    observer.repeated(others.length);
    return outcomes;
  }

  return {
    accept: (entries, envelope) => keep(check(entries, envelope)),
    async acceptAll(entries, envelope) {
      const checked = check(entries, envelope);
      if (checked.some(isFailure)) {
        throw new HttpProblem(422, "One of the events cannot be accepted");
      }
      await keep(checked);
    },
  };
}

type Checked = CheckedEntry | EntryFailure;

function refusalOf(cause: unknown): unknown {
  const isExpected = cause instanceof InboxError ||
    cause instanceof DOMException;
  return isExpected
    ? new HttpProblem(503, "Events could not be stored", {
      headers: { "retry-after": "2" },
      cause,
    })
    : cause;
}

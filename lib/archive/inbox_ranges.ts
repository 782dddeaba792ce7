/**
 * The inbox as the archive reads it: of all that was written down, the events that are
 * to be archived.
 *
 * @module
 */

import { tappedKey } from "./event_record.ts";
import { decodeEntry } from "../core/event_inbox.ts";
import type { InboxEntry, InboxRange, InboxRanges } from "../core/inbox.ts";

/** Options of {@linkcode archivedRanges}. */
export interface ArchivedRangesOptions {
  /**
   * Whether an event is archived.
   *
   * @param source Whose record it is.
   * @param record The event as JSON.
   */
  readonly isArchived: (source: string, record: Uint8Array) => boolean;
  /** Told when the first entry of a range was accepted, whenever one is read. */
  readonly onRead?: (firstAcceptedAt: number) => void;
}

/** Whose records those are that the archive's own handler writes. */
export const TAP_SOURCE = "archive";

/** Ids that are remembered of events that may come again. */
const MAX_IDS = 100_000;

/** What the archive needs of ranges. */
export type ArchivedRanges = Pick<InboxRanges, "next" | "rest">;

/**
 * Reads ranges of the inbox as ranges of events.
 *
 * An event that may come again is left out if the same one was read before: its sender
 * had no answer and sent it again, and it was written down twice. What was committed
 * lately is read first, so that this also holds across a restart.
 */
export async function openArchivedRanges(
  ranges: InboxRanges,
  options: ArchivedRangesOptions,
): Promise<ArchivedRanges> {
  /** Where each of those ids was read first. */
  const places = new Map<string, string>();

  function isRepeat(
    source: string,
    record: Uint8Array,
    place: string,
  ): boolean {
    const id = source === TAP_SOURCE ? tappedKey(record) : repeatableId(record);
    if (id === undefined) return false;
    const first = places.get(id);
    if (first !== undefined) return first !== place;
    const [oldest] = places.keys();
    if (places.size >= MAX_IDS && oldest !== undefined) places.delete(oldest);
    places.set(id, place);
    return false;
  }

  async function* entriesOf(range: InboxRange): AsyncGenerator<InboxEntry> {
    let index = 0;
    for await (const entry of range.entries()) {
      if (index++ === 0) options.onRead?.(entry.acceptedAt);
      const { source, record } = decodeEntry(entry.bytes);
      if (!options.isArchived(source, record)) continue;
      if (isRepeat(source, record, `${range.id}:${index}`)) continue;
      yield { ...entry, bytes: record };
    }
  }

  for await (const { bytes } of ranges.recent()) {
    const { source, record } = decodeEntry(bytes);
    if (options.isArchived(source, record)) isRepeat(source, record, "");
  }

  const wrap = (range: InboxRange): InboxRange => ({
    id: range.id,
    entries: () => entriesOf(range),
    commit: () => range.commit(),
  });
  return {
    next: async (how) => wrap(await ranges.next(how)),
    async rest(how) {
      const range = await ranges.rest(how);
      return range && wrap(range);
    },
  };
}

/** What each envelope begins with. */
const HEAD = new TextEncoder().encode('{"version":"0","id":"');
const ID_LENGTH = 36;
/** Where a UUID says its version. */
const VERSION_AT = HEAD.length + 14;
const EIGHT = 0x38;

const decoder = new TextDecoder();

/** The id of an event, if it may come again: a UUID of version 8. */
function repeatableId(record: Uint8Array): string | undefined {
  if (record[VERSION_AT] !== EIGHT) return undefined;
  for (let at = 0; at < HEAD.length; at++) {
    if (record[at] !== HEAD[at]) return undefined;
  }
  return decoder.decode(
    record.subarray(HEAD.length, HEAD.length + ID_LENGTH),
  );
}

/**
 * The inbox as the archive reads it: only the events to archive.
 *
 * @module
 */

import { createBoundedMap } from "../core/bounded_map.ts";
import { tappedKey } from "./event_record.ts";
import { decodeEntry } from "../core/event_inbox.ts";
import type { InboxEntry, InboxRange, InboxRanges } from "../core/inbox.ts";

/** Options of {@linkcode archivedRanges}. */
export interface ArchivedRangesOptions {
  /**
   * Whether an event is archived.
   *
   * @param source The source of the record.
   * @param record The event as JSON.
   */
  readonly isArchived: (source: string, record: Uint8Array) => boolean;
  /**
   * Called with the acceptance time of a range's first entry, whenever a range
   * is read.
   */
  readonly onRead?: (firstAcceptedAt: number) => void;
}

/** The source of records that the archive's own handler writes. */
export const TAP_SOURCE = "archive";

/** The most ids to remember of events that may be repeated. */
const MAX_IDS = 100_000;

/** What the archive needs of ranges. */
export type ArchivedRanges = Pick<InboxRanges, "next" | "rest">;

/**
 * Reads ranges of the inbox as ranges of events.
 *
 * A repeatable event is skipped if the same one was read before: its sender had no
 * answer and sent it again, and both were stored. Recently committed entries are read
 * first, so that this also holds across a restart.
 */
export async function openArchivedRanges(
  ranges: InboxRanges,
  options: ArchivedRangesOptions,
): Promise<ArchivedRanges> {
  /** Where each of those ids was first read. */
  const places = createBoundedMap<string>(MAX_IDS);

  function isRepeat(
    source: string,
    record: Uint8Array,
    place: string,
  ): boolean {
    const id = source === TAP_SOURCE ? tappedKey(record) : repeatableId(record);
    if (id === undefined) return false;
    const first = places.get(id);
    if (first !== undefined) return first !== place;
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

/** The beginning of each envelope. */
const HEAD = new TextEncoder().encode('{"version":"0","id":"');
const ID_LENGTH = 36;
/** The position of the version in a UUID. */
const VERSION_AT = HEAD.length + 14;
const EIGHT = 0x38;

const decoder = new TextDecoder();

/** The id of an event that may be repeated: a UUID of version 8. */
function repeatableId(record: Uint8Array): string | undefined {
  if (record[VERSION_AT] !== EIGHT) return undefined;
  for (let at = 0; at < HEAD.length; at++) {
    if (record[at] !== HEAD[at]) return undefined;
  }
  return decoder.decode(
    record.subarray(HEAD.length, HEAD.length + ID_LENGTH),
  );
}

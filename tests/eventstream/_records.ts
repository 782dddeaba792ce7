/**
 * Records and partitions for tests.
 *
 * @module
 */

import type { StreamRecord } from "../../lib/eventstream/record.ts";

/** The topic of all records here. */
export const TOPIC = "prefix.topic";

/** A record whose value is its offset as an event's id. */
export function recordAt(offset: number, partition = 0): StreamRecord {
  const value = new TextEncoder().encode(`{"id":"${offset}","name":"e"}`);
  return {
    topic: TOPIC,
    partition,
    offset: BigInt(offset),
    key: new TextEncoder().encode("k"),
    value,
    headers: [],
    timestamp: 0n,
  };
}

/** Records with offsets from one number up to another. */
export function recordsFrom(
  first: number,
  end: number,
): readonly StreamRecord[] {
  return Array.from(
    { length: end - first },
    (_, index) => recordAt(first + index),
  );
}

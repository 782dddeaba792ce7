/**
 * A bounded log: it keeps the newest entries and forgets the oldest, so that
 * an emulator that serves a load test for hours stays the same size.
 *
 * @module
 */

/** The newest entries of something that never ends, each under a number. */
export interface Ring<T> {
  /** Number that the next entry gets. Numbers start at 1 and never repeat. */
  readonly next: number;
  /** Adds an entry; the oldest one goes when the ring is full. */
  push(entry: T): void;
  /** Entries numbered above `since`, oldest first, as far as still held. */
  after(since: number): T[];
  /** Forgets all entries. The numbers go on. */
  clear(): void;
}

/**
 * Creates a ring that holds at most `capacity` entries.
 *
 * @param capacity Most entries held at one time; at least 1.
 */
export function createRing<T>(capacity: number): Ring<T> {
  const slots: T[] = [];
  let next = 1;
  let oldest = 1;
  return {
    get next() {
      return next;
    },
    push(entry) {
      slots[next % capacity] = entry;
      next++;
      if (next - oldest > capacity) oldest = next - capacity;
    },
    after(since) {
      const entries: T[] = [];
      for (let n = Math.max(since + 1, oldest); n < next; n++) {
        entries.push(slots[n % capacity] as T);
      }
      return entries;
    },
    clear() {
      oldest = next;
      slots.length = 0;
    },
  };
}

/**
 * A map that forgets: what has expired, and what there is too much of.
 *
 * @module
 */

/** Values that expire, at most so many of them. */
export interface ExpiringMap<V> {
  /** What is there and has not expired; it becomes the last to go. */
  get(key: string, now: number): V | undefined;
  /** Adds or replaces a value. */
  set(key: string, value: V, expiresAt: number): void;
  /** Removes a value. */
  delete(key: string): void;
  /** How many there are, expired ones that were not looked for included. */
  readonly size: number;
}

/** Creates an empty map; beyond `capacity` the least recently used goes first. */
export function createExpiringMap<V>(capacity: number): ExpiringMap<V> {
  const entries = new Map<string, { value: V; expiresAt: number }>();
  // One iterator for good: a new one passes over all that was deleted before it finds
  // the first, which is most of the map where each new entry takes the place of one.
  let oldest = entries.keys();

  function forgetOldest(): void {
    let { value, done } = oldest.next();
    if (done) {
      oldest = entries.keys();
      ({ value } = oldest.next());
    }
    if (value !== undefined) entries.delete(value);
  }

  return {
    get(key, now) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      if (entry.expiresAt <= now) return undefined;
      entries.set(key, entry);
      return entry.value;
    },
    set(key, value, expiresAt) {
      entries.delete(key);
      if (entries.size >= capacity) forgetOldest();
      entries.set(key, { value, expiresAt });
    },
    delete(key) {
      entries.delete(key);
    },
    get size() {
      return entries.size;
    },
  };
}

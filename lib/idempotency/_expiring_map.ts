/**
 * A map with expiry and a capacity.
 *
 * @module
 */

/** Values that expire, up to a capacity. */
export interface ExpiringMap<V> {
  /** The value, if it has not expired; it becomes the most recently used. */
  get(key: string, now: number): V | undefined;
  /** Adds or replaces a value. */
  set(key: string, value: V, expiresAt: number): void;
  /** Removes a value. */
  delete(key: string): void;
  /** The number of entries, including expired ones that were not looked up. */
  readonly size: number;
}

/**
 * Creates an empty map; beyond `capacity` the least recently used entry is
 * evicted.
 */
export function createExpiringMap<V>(capacity: number): ExpiringMap<V> {
  const entries = new Map<string, { value: V; expiresAt: number }>();
  // One permanent iterator: a new one skips everything deleted before its first
  // entry, which is most of the map once each new entry replaces an old one.
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

/**
 * A map of bounded size: when it is full, a new key replaces the oldest one.
 *
 * @module
 */

/** A map of text keys that holds at most so many. */
export interface BoundedMap<V> {
  /** Keys held. */
  readonly size: number;
  /** Keys that went because the map was full; while it is 0, all is there. */
  readonly forgotten: number;
  /** The value of a key, if it is held. */
  get(key: string): V | undefined;
  /** Sets a value; a new key goes last, a known one stays where it is. */
  set(key: string, value: V): void;
  /** Forgets one key. */
  delete(key: string): void;
  /** Keys and values, oldest key first. */
  entries(): Iterable<readonly [string, V]>;
  /** Forgets everything, the count of the forgotten included. */
  clear(): void;
}

/**
 * Creates an empty map.
 *
 * @param capacity Most keys held at one time; at least 1.
 */
export function createBoundedMap<V>(capacity: number): BoundedMap<V> {
  const map = new Map<string, V>();
  let forgotten = 0;
  return {
    get size() {
      return map.size;
    },
    get forgotten() {
      return forgotten;
    },
    get: (key) => map.get(key),
    set(key, value) {
      if (map.size >= capacity && !map.has(key)) {
        const oldest = map.keys().next();
        if (!oldest.done) map.delete(oldest.value);
        forgotten++;
      }
      map.set(key, value);
    },
    delete(key) {
      map.delete(key);
    },
    entries: () => map.entries(),
    clear() {
      map.clear();
      forgotten = 0;
    },
  };
}

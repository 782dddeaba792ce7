/**
 * The destination of archived objects.
 *
 * @module
 */

/** An object to store. */
export interface ArchiveObject {
  /** Its name: parts separated by `/`, of letters, digits and `!-_.=`. */
  readonly name: string;
  /** Its content. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its media type. */
  readonly contentType: string;
}

/** A store of objects: a folder or a bucket. */
export interface ArchiveTarget {
  /**
   * Stores an object. When it resolves, the object is as durable as the store
   * can make it. An existing object of that name stays unchanged: it is the
   * same one, stored before a crash.
   *
   * @param signal Ends the wait; the object may still be stored.
   * @throws {ArchiveTargetError} The object was not stored, or the result is
   * unknown.
   */
  put(object: ArchiveObject, signal: AbortSignal): Promise<void>;
}

/** An object could not be stored. A retry can succeed. */
export class ArchiveTargetError extends Error {
  /** What logs call it. */
  override name = "ArchiveTargetError";
}

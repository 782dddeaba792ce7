/**
 * Where archived objects go.
 *
 * @module
 */

/** An object to keep. */
export interface ArchiveObject {
  /** Its name: parts with `/` between, of letters, digits and `!-_.=`. */
  readonly name: string;
  /** What it holds. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What that is, as a media type. */
  readonly contentType: string;
}

/** A place for objects: a folder, or a bucket. */
export interface ArchiveTarget {
  /**
   * Keeps an object. When it resolves, the object is as safe as it can be there. An
   * object of that name stays as it is: it is the same one, kept before a crash.
   *
   * @param signal Ends the wait; the object may be kept all the same.
   * @throws {ArchiveTargetError} The object is not kept, or that is not known.
   */
  put(object: ArchiveObject, signal: AbortSignal): Promise<void>;
}

/** An object could not be kept. It can be tried again. */
export class ArchiveTargetError extends Error {
  /** What logs call it. */
  override name = "ArchiveTargetError";
}

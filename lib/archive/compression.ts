/**
 * How archived objects are compressed.
 *
 * @module
 */

import { promisify } from "node:util";
import { gzip, zstdCompress } from "node:zlib";

/** Everything reads `gzip`, `zstd` is faster, `none` is text. */
export type Compression = "gzip" | "zstd" | "none";

/** A compression method. */
interface Method {
  /** The extension of object names. */
  readonly extension: string;
  readonly contentType: string;
  readonly compress: (bytes: Uint8Array) => Promise<Uint8Array>;
}

/**
 * The methods. The same bytes produce the same object, without a time stamp.
 * None is declared as `Content-Encoding`, which clients would decode unasked.
 */
export const METHODS: Readonly<Record<Compression, Method>> = {
  gzip: {
    extension: ".jsonl.gz",
    contentType: "application/gzip",
    compress: promisify(gzip),
  },
  zstd: {
    extension: ".jsonl.zst",
    contentType: "application/zstd",
    compress: promisify(zstdCompress),
  },
  none: {
    extension: ".jsonl",
    contentType: "application/x-ndjson",
    compress: (bytes) => Promise.resolve(bytes),
  },
};

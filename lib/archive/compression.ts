/**
 * How archived objects are compressed.
 *
 * @module
 */

import { promisify } from "node:util";
import { gzip, zstdCompress } from "node:zlib";

/** `gzip` is read by everything, `zstd` is quicker, `none` is text. */
export type Compression = "gzip" | "zstd" | "none";

/** How a compression is done and called. */
interface Method {
  /** What the names of objects end with. */
  readonly extension: string;
  readonly contentType: string;
  readonly compress: (bytes: Uint8Array) => Promise<Uint8Array>;
}

/**
 * The compressions. The same bytes give the same object: there is no time in it. None
 * is said to be a `Content-Encoding`, which clients would undo unasked.
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

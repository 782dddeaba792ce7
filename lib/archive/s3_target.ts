/**
 * Archived objects in a bucket.
 *
 * @module
 */

import { createS3Client, refusal, type S3ClientOptions } from "./s3_client.ts";
import { putParts } from "./_s3_parts.ts";
import type { ArchiveObject, ArchiveTarget } from "./target.ts";

/** Options of {@linkcode createS3Target}. */
export interface S3TargetOptions extends S3ClientOptions {
  /** What all names begin with: `lake/events/`. @default {""} */
  readonly prefix?: string;
  /**
   * From this length on an object is sent in parts of it, in bytes; at least 5 MiB, as
   * S3 wants it.
   *
   * @default {16 MiB}
   */
  readonly partBytes?: number;
}

/** S3's word for "only if there is none of this name". */
const IF_NONE: Readonly<Record<string, string>> = { "if-none-match": "*" };

/**
 * Keeps objects in a bucket. One that is there stays as it is (`If-None-Match: *`);
 * where the bucket does not know that condition, it is written again, the same as it
 * was.
 */
export function createS3Target(options: S3TargetOptions): ArchiveTarget {
  const { prefix = "", partBytes = 2 ** 24 } = options;
  const client = createS3Client(options);
  let condition = IF_NONE;

  async function put(object: ArchiveObject, signal: AbortSignal) {
    const key = `${prefix}${object.name}`;
    const headers = { "content-type": object.contentType };
    if (object.bytes.length > partBytes) {
      return await putParts(client, {
        ...{ key, headers, condition, partBytes, signal },
        bytes: object.bytes,
      });
    }
    return await client.send({
      method: "PUT",
      key,
      headers: { ...headers, ...condition },
      body: object.bytes,
      signal,
    });
  }

  return {
    async put(object, signal) {
      let answer = await put(object, signal);
      if (answer.status === 501 && condition === IF_NONE) {
        condition = {};
        answer = await put(object, signal);
      }
      // 412: it is there, from before a crash.
      if (answer.status === 200 || answer.status === 412) return;
      throw refusal("an object", answer);
    },
  };
}

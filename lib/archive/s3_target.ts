/**
 * Stores archived objects in a bucket.
 *
 * @module
 */

import { createS3Client, refusal, type S3ClientOptions } from "./s3_client.ts";
import { putParts } from "./_s3_parts.ts";
import type { ArchiveObject, ArchiveTarget } from "./target.ts";

/** Options of {@linkcode createS3Target}. */
export interface S3TargetOptions extends S3ClientOptions {
  /** The prefix of all names: `lake/events/`. @default {""} */
  readonly prefix?: string;
  /**
   * The size from which an object is uploaded in parts of that size, in bytes;
   * at least 5 MiB, as S3 requires.
   *
   * @default {16 MiB}
   */
  readonly partBytes?: number;
}

/** S3's condition "only if the name does not exist". */
const IF_NONE: Readonly<Record<string, string>> = { "if-none-match": "*" };

/**
 * Stores objects in a bucket. An existing object stays unchanged
 * (`If-None-Match: *`); if the bucket does not support that condition, the
 * identical object is written again.
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
      // 412: it exists, from before a crash.
      if (answer.status === 200 || answer.status === 412) return;
      throw refusal("an object", answer);
    },
  };
}

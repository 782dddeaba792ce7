/**
 * Sends a long object in parts (S3's multipart upload).
 *
 * @module
 */

import { refusal, type S3Answer, type S3Client } from "./s3_client.ts";

/** A long object. */
export interface LongObject {
  readonly key: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
  /** Headers of the last request, which assembles the object. */
  readonly condition: Readonly<Record<string, string>>;
  /** The length of each part but the last, in bytes. */
  readonly partBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Uploads it. There is no object before the last request; leftover parts are
 * removed after a failure.
 *
 * @returns The answer to the last request.
 * @throws {ArchiveTargetError} An earlier request was refused or not answered.
 */
export async function putParts(
  client: S3Client,
  object: LongObject,
): Promise<S3Answer> {
  const { key, headers, signal } = object;
  const begun = await client.send(
    {
      ...{ method: "POST", key, query: { uploads: "" }, headers, signal },
    } as const,
  );
  const [, uploadId] =
    /<UploadId>([^<]{1,1000})<\/UploadId>/.exec(begun.text) ??
      [];
  if (begun.status !== 200 || uploadId === undefined) {
    throw refusal("to begin an object", begun);
  }
  try {
    const answer = await sendParts(client, object, uploadId);
    if (answer.status === 200) return answer;
    await abandon(client, key, uploadId);
    return answer;
  } catch (error) {
    await abandon(client, key, uploadId);
    throw error;
  }
}

async function sendParts(
  client: S3Client,
  { key, bytes, condition, partBytes, signal }: LongObject,
  uploadId: string,
): Promise<S3Answer> {
  const tags: string[] = [];
  for (let start = 0; start < bytes.length; start += partBytes) {
    const part = await client.send({
      method: "PUT",
      key,
      query: { partNumber: `${tags.length + 1}`, uploadId },
      body: bytes.subarray(start, start + partBytes),
      signal,
    });
    const tag = part.headers.get("etag");
    if (part.status !== 200 || tag === null) {
      throw refusal("a part of an object", part);
    }
    tags.push(tag);
  }
  const answer = await client.send({
    method: "POST",
    key,
    query: { uploadId },
    headers: { ...condition, "content-type": "application/xml" },
    body: encoder.encode(completion(tags)),
    signal,
  });
  // S3 can answer 200 and then report a failure.
  if (answer.status === 200 && answer.text.includes("<Error>")) {
    throw refusal("to end an object", answer);
  }
  return answer;
}

const encoder = new TextEncoder();

function completion(tags: readonly string[]): string {
  const parts = tags.map((tag, index) =>
    `<Part><PartNumber>${index + 1}</PartNumber><ETag>${
      tag.replace(/[<>&]/g, "")
    }</ETag></Part>`
  );
  return `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
}

/** Time limit for removing parts, in milliseconds. */
const ABANDON_TIMEOUT = 5_000;

/** Leftover parts cost money until somebody removes them. */
async function abandon(
  client: S3Client,
  key: string,
  uploadId: string,
): Promise<void> {
  try {
    await client.send({
      method: "DELETE",
      key,
      query: { uploadId },
      signal: AbortSignal.timeout(ABANDON_TIMEOUT),
    });
  } catch {
    // A lifecycle rule of the bucket, if any, removes leftover uploads.
  }
}

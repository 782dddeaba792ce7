/**
 * Signed requests to a bucket: Amazon S3, or a compatible store (MinIO, R2,
 * versitygw).
 *
 * @module
 */

import { AwsClient } from "aws4fetch";
import type { Secret } from "../config/secret.ts";
import { readBounded } from "../core/read_bounded.ts";
import { ArchiveTargetError } from "./target.ts";

/** Options of {@linkcode createS3Client}. */
export interface S3ClientOptions {
  /** The bucket. It has to exist. */
  readonly bucket: string;
  /** The key's id. */
  readonly accessKeyId: string;
  /** The key. */
  readonly secretAccessKey: Secret;
  /** The session token, for temporary credentials of a role. @default {none} */
  readonly sessionToken?: Secret | undefined;
  /** The region. @default {"us-east-1"} */
  readonly region?: string;
  /**
   * The endpoint, if not Amazon: `http://127.0.0.1:9000`. The bucket is then
   * the first part of the path.
   *
   * @default {https://<bucket>.s3.<region>.amazonaws.com}
   */
  readonly endpoint?: string | undefined;
  /** Time limit for one request, in milliseconds. @default {60000} */
  readonly timeout?: number;
}

/** A request to the bucket. */
export interface S3Request {
  readonly method: "PUT" | "POST" | "DELETE";
  /** The object. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer> | undefined;
  readonly signal: AbortSignal;
}

/** The bucket's answer. */
export interface S3Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Usually XML. */
  readonly text: string;
}

/** A bucket. */
export interface S3Client {
  /**
   * Sends a request once.
   *
   * @returns The answer, whatever its status.
   * @throws {ArchiveTargetError} There was no answer.
   */
  send(request: S3Request): Promise<S3Answer>;
}

/** The most bytes read of an answer: errors and ids are short. */
const MAX_ANSWER = 65_536;

/** Creates a client. It sends nothing by itself. */
export function createS3Client(options: S3ClientOptions): S3Client {
  const { bucket, region = "us-east-1", timeout = 60_000 } = options;
  const base = baseUrl(bucket, region, options.endpoint);
  const { accessKeyId, secretAccessKey, sessionToken } = options;
  const aws = new AwsClient({
    accessKeyId,
    secretAccessKey: secretAccessKey.reveal(),
    ...(sessionToken && { sessionToken: sessionToken.reveal() }),
    service: "s3",
    region,
  });

  async function exchange(request: S3Request): Promise<S3Answer> {
    const { method, key, query = {}, body, signal } = request;
    const path = key.split("/").map(encodeURIComponent).join("/");
    const search = new URLSearchParams(query);
    const url = `${base}/${path}${search.size > 0 ? `?${search}` : ""}`;
    const digest = await crypto.subtle.digest("SHA-256", body ?? NOTHING);
    const signed = await aws.sign(url, {
      method,
      headers: {
        ...request.headers,
        // The bucket compares this with what arrives.
        "x-amz-content-sha256": new Uint8Array(digest).toHex(),
      },
      ...(body && { body }),
    });
    const response = await fetch(signed, {
      // A redirect would send the signature to another host.
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
    });
    const bytes = response.body === null
      ? NOTHING
      : await readBounded(response.body, MAX_ANSWER) ?? NOTHING;
    const text = new TextDecoder().decode(bytes);
    return { status: response.status, headers: response.headers, text };
  }

  return {
    async send(request) {
      try {
        return await exchange(request);
      } catch (cause) {
        request.signal.throwIfAborted();
        throw new ArchiveTargetError(
          `Bucket "${bucket}" could not be reached: ${request.method} of an object`,
          { cause },
        );
      }
    },
  };
}

const NOTHING = new Uint8Array(0);

function baseUrl(
  bucket: string,
  region: string,
  endpoint: string | undefined,
): string {
  if (endpoint !== undefined) {
    return `${endpoint.replace(/\/+$/, "")}/${bucket}`;
  }
  const host = `s3.${region}.amazonaws.com`;
  // A certificate's `*` covers only one label.
  return bucket.includes(".")
    ? `https://${host}/${bucket}`
    : `https://${bucket}.${host}`;
}

/** A bucket's error for the log: its code and message, without the object. */
export function refusal(
  what: string,
  { status, text }: S3Answer,
): ArchiveTargetError {
  const [, code = "no code"] = /<Code>([\w.]{1,100})<\/Code>/.exec(text) ?? [];
  const [, message] = /<Message>([^<]{1,300})<\/Message>/.exec(text) ?? [];
  return new ArchiveTargetError(
    `Bucket refused ${what} with ${status} ${code}${
      message === undefined ? "" : `: ${message}`
    }`,
  );
}

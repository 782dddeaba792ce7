/**
 * Verifies AWS signatures of requests (Signature Version 4).
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import { AwsV4Signer } from "aws4fetch";
import type { Secret } from "../config/secret.ts";
import type { HttpRequest } from "../core/http.ts";

/** The accepted key. */
export interface AwsKey {
  /** The key's id. */
  readonly accessKeyId: string;
  /** The key. */
  readonly secretAccessKey: Secret;
}

/** Options of {@linkcode isSigned}. */
export interface IsSignedOptions {
  /** The path as the client used it. */
  readonly path: string;
  /** The body as received. */
  readonly body: Uint8Array;
  /** The key to verify with. */
  readonly key: AwsKey;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** How far a signature's time may be off, in milliseconds, as at AWS. */
const MAX_SKEW = 5 * 60_000;

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]{1,128})\/(\d{8})\/([a-z0-9-]{1,32})\/events\/aws4_request, ?SignedHeaders=([a-z0-9;-]{1,1024}), ?Signature=([0-9a-f]{64})$/;

/** The header with the body's hash. */
const DIGEST = "x-amz-content-sha256";

/** Headers that every signature has to cover. */
const NEEDED = ["host", "x-amz-date"];

/**
 * Whether a request has a current signature by a key, for EventBridge. The
 * client chooses the region.
 */
export async function isSigned(
  request: HttpRequest,
  { path, body, key, now }: IsSignedOptions,
): Promise<boolean> {
  const { headers } = request;
  const parts = AUTHORIZATION.exec(headers.get("authorization") ?? "");
  const [, id, day, region, signed = "", signature = ""] = parts ?? [];
  const datetime = headers.get("x-amz-date") ?? "";
  const at = timeOf(datetime);
  const names = signed.split(";");
  const isUsable = id === key.accessKeyId && region !== undefined &&
    at !== undefined && Math.abs(at - now) <= MAX_SKEW &&
    day === datetime.slice(0, 8) &&
    NEEDED.every((name) => names.includes(name));
  if (!isUsable) return false;
  const digest = createHash("sha256").update(body).digest("hex");
  // If this header is signed, the signature covers it instead of the body.
  const said = headers.get(DIGEST);
  if (said !== null && said !== digest) return false;
  const kept = names.flatMap((name) => {
    const value = headers.get(name);
    const isOwn = name === "host" || name === DIGEST;
    return value === null || isOwn ? [] : [[name, value]];
  }) as [string, string][];
  const host = headers.get("host") ?? "";
  if (!URL.canParse(`http://${host}${path}`)) return false;
  const signer = new AwsV4Signer({
    method: request.method,
    url: `http://${host}${path}`,
    headers: [...kept, [DIGEST, digest]],
    body: body as Uint8Array<ArrayBuffer>,
    accessKeyId: key.accessKeyId,
    secretAccessKey: key.secretAccessKey.reveal(),
    service: "events",
    region,
    datetime,
    allHeaders: true,
  });
  // The signer signs what it is given plus that header: only if the client
  // signed it.
  const own = signerOf(signer, names);
  const expected = await own.signature();
  return timingSafeEqual(Buffer.from(expected), Buffer.from(signature));
}

/** Makes the signer sign exactly the headers that the client signed. */
function signerOf(
  signer: AwsV4Signer,
  names: readonly string[],
): AwsV4Signer {
  signer.signedHeaders = names.join(";");
  signer.canonicalHeaders = names.map((name) =>
    `${name}:${
      name === "host"
        ? signer.url.host
        : (signer.headers.get(name) ?? "").replace(/\s+/g, " ")
    }`
  ).join("\n");
  return signer;
}

function timeOf(datetime: string): number | undefined {
  const [, ...parts] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(datetime) ?? [];
  const [year, month, day, hour, minute, second] = parts;
  const time = Date.parse(
    `${year}-${month}-${day}T${hour}:${minute}:${second}Z`,
  );
  return Number.isNaN(time) ? undefined : time;
}

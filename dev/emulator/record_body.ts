/**
 * The request bodies of Cloud Save's admin records: the value itself with what
 * concerns the record under `__META`, or both side by side in a conditional write.
 *
 * @module
 */

import { isObject } from "../../lib/core/is_object.ts";
import { z } from "zod";
import { agsError, type Answer, gatewayError } from "./errors.ts";
import { isAnswer } from "./grants.ts";
import { mediaType } from "./request_body.ts";
import type { Call } from "./router.ts";

/** AGS's codes for bodies that it does not take; they differ by operation. */
export interface BodyCodes {
  /** No JSON object. */
  readonly invalid: number;
  /** A field that is missing or out of its range. */
  readonly validation: number;
  /** Too large; absent where AGS declares none. */
  readonly tooLarge?: number;
}

/** What concerns a record beside its value. */
export interface Meta {
  /** Its tags. */
  readonly tags?: readonly string[];
  /** When it is deleted, in milliseconds since the epoch. */
  readonly expiresAt?: number;
}

/** A record to merge or to put. */
export interface PlainBody extends Meta {
  /** Its value. */
  readonly value: Readonly<Record<string, unknown>>;
}

/** A record to put if it has not changed. */
export interface ConcurrentBody extends PlainBody {
  /** When it was last written, as far as the caller knows. */
  readonly updatedAt: string;
}

/**
 * Most bytes of a record. AGS's limit is a whole number of megabytes that its
 * specification does not tell; this is the smallest.
 */
export const MAX_RECORD_BYTES = 1_000_000;

const META = "__META";

const metaShape = {
  tags: z.array(z.string()).nullish(),
  ttl_config: z.object({
    action: z.literal("DELETE"),
    expires_at: z.iso.datetime({ offset: true }),
  }).nullish(),
};
const metaSchema = z.object(metaShape).nullish();
const concurrentSchema = z.object({
  ...metaShape,
  value: z.record(z.string(), z.unknown()),
  updatedAt: z.iso.datetime({ offset: true }),
});

/** Reads the body of a merge or an unconditional write. */
export function readPlainBody(
  call: Call,
  codes: BodyCodes,
): PlainBody | Answer {
  const body = readObject(call, codes);
  if (isAnswer(body)) return body;
  const { [META]: input, ...value } = body.object;
  const meta = metaSchema.safeParse(input);
  return meta.success
    ? { value, ...metaOf(meta.data ?? {}) }
    : refuse(codes.validation, "validation error");
}

/** Reads the body of a conditional write. */
export function readConcurrentBody(
  call: Call,
  codes: BodyCodes,
): ConcurrentBody | Answer {
  const body = readObject(call, codes);
  if (isAnswer(body)) return body;
  const parsed = concurrentSchema.safeParse(body.object);
  if (!parsed.success) return refuse(codes.validation, "validation error");
  const { updatedAt, value: { [META]: _, ...value } } = parsed.data;
  return { value, updatedAt, ...metaOf(parsed.data) };
}

function readObject(
  { headers, body }: Call,
  { invalid, tooLarge }: BodyCodes,
): { readonly object: Readonly<Record<string, unknown>> } | Answer {
  if (mediaType(headers) !== "application/json") {
    return gatewayError(415, "content type must be application/json");
  }
  const bytes = new TextEncoder().encode(body).length;
  if (tooLarge !== undefined && bytes > MAX_RECORD_BYTES) {
    const size = "size of the request body must be less than [1]MB";
    return refuse(tooLarge, `invalid request body: ${size}`);
  }
  const object = parseObject(body);
  return object === undefined
    ? refuse(invalid, "invalid request body")
    : { object };
}

function parseObject(
  body: string,
): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function metaOf(
  { tags, ttl_config: ttl }: z.infer<typeof metaSchema> & object,
): Meta {
  return {
    ...(tags && { tags }),
    ...(ttl && { expiresAt: Date.parse(ttl.expires_at) }),
  };
}

function refuse(errorCode: number, errorMessage: string): Answer {
  return agsError(400, { errorCode, errorMessage });
}

/**
 * Reads the JSON of a request.
 *
 * @module
 */

import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { boundedCost, JsonBoundError } from "../core/bounded_json.ts";
import { HttpProblem, type HttpRequest } from "../core/http.ts";
import type { MemoryBudget, MemoryShare } from "../core/memory_budget.ts";

/** The JSON of a request. Disposing it returns its memory. */
export interface JsonBody extends Disposable {
  /** The bytes as received, before decompression: what is signed. */
  readonly raw: Uint8Array;
  /** The text. */
  readonly text: string;
  /** Its value. */
  readonly value: unknown;
}

/** Options of {@linkcode readJsonBody}. */
export interface ReadJsonBodyOptions {
  /** The size limit, both as received and decompressed. */
  readonly maxBytes: number;
  /** The memory budget for its values. */
  readonly memory: MemoryBudget;
  /** Accepted media types; a request that names none has JSON. */
  readonly types: readonly string[];
}

const decoder = new TextDecoder("utf-8", { fatal: true });
const inflate = promisify(gunzip);

/**
 * Reads a body.
 *
 * @throws {HttpProblem} 400: it is not JSON, or nests too deep. 413: it is too
 * large. 415: it has another type, or unknown compression. 503: there is no
 * memory for it.
 */
export async function readJsonBody(
  request: HttpRequest,
  { maxBytes, memory, types }: ReadJsonBodyOptions,
): Promise<JsonBody> {
  checkType(request.headers, types);
  const isGzip = checkEncoding(request.headers);
  const raw = await request.body(maxBytes);
  using stack = new DisposableStack();
  // The decompressed size is not known before.
  const inflating = isGzip ? stack.use(shareOf(memory, maxBytes)) : undefined;
  const bytes = isGzip ? await inflated(raw, maxBytes) : raw;
  const cost = costOf(bytes, memory.limit);
  inflating?.[Symbol.dispose]();
  stack.use(shareOf(memory, cost));
  try {
    const text = decoder.decode(bytes);
    const value: unknown = JSON.parse(text);
    const held = stack.move();
    return {
      raw,
      text,
      value,
      [Symbol.dispose]: () => held[Symbol.dispose](),
    };
  } catch (cause) {
    throw new HttpProblem(400, "Body is not JSON", { cause: nameOf(cause) });
  }
}

/** Without the parser's message, which quotes the body. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

function checkType(headers: Headers, types: readonly string[]): void {
  const value = headers.get("content-type");
  if (value === null) return;
  const [type = "", ...parameters] = value.toLowerCase().split(";")
    .map((part) => part.trim());
  const isUtf8 = parameters.every((each) =>
    !each.startsWith("charset=") || /^charset="?utf-?8"?$/.test(each)
  );
  if (!types.includes(type) || !isUtf8) {
    throw new HttpProblem(415, "Body is of another media type");
  }
}

/** @returns Whether the body is compressed with gzip. */
function checkEncoding(headers: Headers): boolean {
  switch (headers.get("content-encoding")?.trim().toLowerCase()) {
    case undefined:
    case "":
    case "identity":
      return false;
    case "gzip":
    case "x-gzip":
      return true;
    default:
      throw new HttpProblem(
        415,
        "Body has an unknown compression",
        {
          headers: { "accept-encoding": "gzip" },
        },
      );
  }
}

async function inflated(
  bytes: Uint8Array,
  maxBytes: number,
): Promise<Uint8Array> {
  try {
    return await inflate(bytes, { maxOutputLength: maxBytes });
  } catch (cause) {
    const isTooLarge = cause instanceof RangeError ||
      (cause as { readonly code?: unknown }).code === "ERR_BUFFER_TOO_LARGE";
    throw isTooLarge
      ? new HttpProblem(
        413,
        `Body has more than ${maxBytes} bytes when decompressed`,
      )
      : new HttpProblem(400, "Body is not compressed with gzip", { cause });
  }
}

function costOf(bytes: Uint8Array, maxCost: number): number {
  try {
    return boundedCost(bytes, { maxCost });
  } catch (cause) {
    if (!(cause instanceof JsonBoundError)) throw cause;
    throw new HttpProblem(400, "Body exceeds the limits for JSON", { cause });
  }
}

function shareOf(memory: MemoryBudget, bytes: number): MemoryShare {
  const share = memory.tryTake(bytes);
  if (share === undefined) {
    throw new HttpProblem(503, "No memory to read more bodies");
  }
  return share;
}

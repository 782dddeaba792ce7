/**
 * Converts headers to and from Web PubSub's encoding.
 *
 * @module
 */

/** Headers of a request: the standard's, or a record such as Node's. */
export type HeadersLike =
  | Headers
  | Readonly<Record<string, string | readonly string[] | undefined>>;

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Decodes a header's text. Web PubSub sends user ids as raw UTF-8, and the
 * Fetch standard returns one character per byte.
 */
export function decodeHeader(value: string): string {
  // deno-lint-ignore no-control-regex -- that is ASCII
  if (/^[\x00-\x7f]*$/.test(value) || /[^\x00-\xff]/.test(value)) return value;
  const bytes = Uint8Array.from(value, (char) => char.charCodeAt(0));
  try {
    return decoder.decode(bytes);
  } catch {
    return value;
  }
}

/** Encodes a text for the Fetch standard: one character per byte of UTF-8. */
function encodeHeader(value: string): string {
  // deno-lint-ignore no-control-regex -- that is Latin-1
  if (/^[\x00-\xff]*$/.test(value)) return value;
  return String.fromCharCode(...new TextEncoder().encode(value));
}

/**
 * Creates standard headers.
 *
 * @throws {TypeError} A name or value is invalid.
 */
export function toHeaders(headers: HeadersLike): Headers {
  if (headers instanceof Headers) return headers;
  const result = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    for (const each of typeof value === "string" ? [value] : value) {
      result.append(name, encodeHeader(each));
    }
  }
  return result;
}

/**
 * A content type without its parameters, in lower case; empty if there is none.
 */
export function mediaTypeOf(contentType: string | null | undefined): string {
  return (contentType ?? "").split(";", 1)[0]!.trim().toLowerCase();
}

/** The `charset` of a content type, in lower case. */
export function charsetOf(
  contentType: string | null | undefined,
): string | undefined {
  return /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType ?? "")?.[1]
    ?.toLowerCase();
}

/**
 * Verifies access key signatures.
 *
 * @module
 */

import { createHmac, timingSafeEqual } from "node:crypto";
import { parseConnectionString } from "./connection_string.ts";
import type { RequestContext } from "./request_context.ts";
import type { RequestValidator } from "./validator.ts";

/**
 * Verifies `ce-signature`: HMAC-SHA256 of the connection id with the access
 * key. Any value of the header may match any key of the host, so that keys can
 * be rotated.
 *
 * The signature covers only the connection id: whoever has seen one can send
 * any event of that connection. If that matters, let the service send a bearer
 * token as well: see `EntraValidator` and `allOf`.
 */
export class AccessKeyValidator implements RequestValidator {
  readonly #keysByHost = new Map<string, string[]>();

  /**
   * Takes connection strings, of several services or several keys of one
   * service.
   *
   * @throws {TypeError} There is none, or one is invalid.
   */
  constructor(connectionStrings: string | readonly string[]) {
    const texts = typeof connectionStrings === "string"
      ? [connectionStrings]
      : connectionStrings;
    if (texts.length === 0) {
      throw new TypeError(
        "Cannot verify signatures: expected a connection string",
      );
    }
    for (const text of texts) {
      const { host, accessKey } = parseConnectionString(text);
      const keys = this.#keysByHost.get(host) ?? [];
      this.#keysByHost.set(host, [...keys, accessKey]);
    }
  }

  /** Whether a host exactly equals that of one of the endpoints. */
  allowsOrigin(origin: string): boolean {
    return this.#keysByHost.has(origin.toLowerCase());
  }

  /** Whether any of the signatures is valid. */
  validate({ origin, connectionId, signature }: RequestContext): boolean {
    const keys = this.#keysByHost.get(origin.toLowerCase());
    if (keys === undefined || signature === undefined) return false;
    const given = signaturesOf(signature);
    if (given.length === 0) return false;
    let isRight = false;
    for (const key of keys) {
      const wanted = createHmac("sha256", key).update(connectionId).digest();
      // Compares all of them, so that the time does not reveal which one
      // matched.
      for (const each of given) {
        if (timingSafeEqual(wanted, each)) isRight = true;
      }
    }
    return isRight;
  }
}

/**
 * Values in the form of signatures, as 32 bytes each. The service sends two.
 */
function signaturesOf(header: string): readonly Uint8Array[] {
  const signatures: Uint8Array[] = [];
  for (const value of header.split(",", MAX_SIGNATURES)) {
    const text = value.trim();
    if (!SIGNATURE.test(text)) continue;
    signatures.push(Uint8Array.fromHex(text.slice(PREFIX.length)));
  }
  return signatures;
}

const PREFIX = "sha256=";
const SIGNATURE = new RegExp(`^${PREFIX}[0-9a-f]{64}$`, "i");

/** The most values to check in one header. */
const MAX_SIGNATURES = 16;

/**
 * Validates the options of destinations.
 *
 * @module
 */

import { StartError } from "../core/errors.ts";
import type { ApiDestinationOptions } from "./destination.ts";
import type { Auth } from "./auth.ts";

/** The options of a destination are invalid. */
export class DestinationOptionsError extends StartError {
  /** What logs call it. */
  override name = "DestinationOptionsError";
}

/** A header's name (RFC 9110, section 5.1). */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** The characters allowed in a header's value. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Headers that the request sets itself. */
const OWN: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "host",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Checks the options.
 *
 * @returns The destination's name.
 * @throws {DestinationOptionsError} They are invalid. The message shows no
 * secret.
 */
export function checkOptions(options: ApiDestinationOptions): string {
  const { url, auth, headers = {}, allowPrivateAddresses = false } = options;
  const { host } = checkUrl(
    url.replace(/\{[^{}]*\}/g, "x"),
    allowPrivateAddresses,
  );
  if (!/^https?:\/\/[^/?#{}]+([/?#]|$)/i.test(url)) {
    throw new DestinationOptionsError(
      "Destination's host is not fixed: expected {name} parts in the path only",
    );
  }
  if (auth?.kind === "oauthClient") {
    checkUrl(auth.tokenUrl, allowPrivateAddresses);
  }
  for (const [name, value] of Object.entries(headers)) checkHeader(name, value);
  checkAuth(auth);
  checkNumber("ratePerSecond", options.ratePerSecond ?? 1, 0.001, 1_000_000);
  checkNumber("timeout", options.timeout ?? 1, 1, 600_000);
  checkNumber("maxBodyBytes", options.maxBodyBytes ?? 1, 1, 2 ** 30);
  return options.name ?? host;
}

function checkUrl(text: string, isPrivateAllowed: boolean): URL {
  const url = URL.parse(text);
  const isGood = url !== null && url.username === "" && url.password === "" &&
    url.hash === "" &&
    (url.protocol === "https:" ||
      (url.protocol === "http:" && isPrivateAllowed));
  if (isGood) return url;
  throw new DestinationOptionsError(
    "Destination's URL is invalid: expected https://… without user and " +
      "password, or with allowPrivateAddresses also http://…",
  );
}

function checkAuth(auth: Auth | undefined): void {
  if (auth?.kind === "basic" && auth.user.includes(":")) {
    throw new DestinationOptionsError(
      "Destination's user contains a colon: expected none, because it " +
        "separates user and password",
    );
  }
  if (auth?.kind === "apiKey") checkHeader(auth.header, auth.value.reveal());
}

function checkHeader(name: string, value: string): void {
  const isGood = HEADER_NAME.test(name) && !OWN.has(name.toLowerCase()) &&
    HEADER_VALUE.test(value);
  if (isGood) return;
  throw new DestinationOptionsError(
    `Header "${name}" of a destination is invalid: expected a name and a ` +
      "value that HTTP allows",
  );
}

function checkNumber(
  name: string,
  value: number,
  min: number,
  max: number,
): void {
  if (value >= min && value <= max) return;
  throw new DestinationOptionsError(
    `Destination's ${name} is ${value}: expected ${min} to ${max}`,
  );
}

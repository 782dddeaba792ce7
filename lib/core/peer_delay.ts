/**
 * Bounds the delays that peers ask for.
 *
 * AGS, a proxy in front of it, a sidecar or the author of a handler may ask for
 * any delay: a year, a negative one, not a number. Every such delay is read
 * here, and nowhere else.
 *
 * @module
 */

/**
 * The longest delay that a peer can ask for, in milliseconds: a minute. A peer
 * that needs longer is asked again then and can repeat its request; a mistaken
 * delay does not outlast the problem for long.
 */
export const MAX_PEER_DELAY = 60_000;

/** Shortest and longest lifetime of a peer's token, in milliseconds. */
const TOKEN_LIFE = { min: 1_000, max: 86_400_000 } as const;

/**
 * Bounds a requested delay.
 *
 * @param milliseconds The delay as requested.
 * @returns 0 to {@linkcode MAX_PEER_DELAY} milliseconds; `undefined` for an
 * invalid delay: absent, negative, `NaN`.
 */
export function peerDelay(
  milliseconds: number | undefined,
): number | undefined {
  // NaN is not at least 0 either.
  if (milliseconds === undefined || !(milliseconds >= 0)) return undefined;
  return Math.min(milliseconds, MAX_PEER_DELAY);
}

/** An HTTP date in the format of RFC 9110 or RFC 850. */
const HTTP_DATE = /^[A-Za-z]{3,9}, \d.* GMT$/;

/**
 * Parses HTTP's `Retry-After` (RFC 9110, section 10.2.3: seconds or a date).
 *
 * @param value The header's value.
 * @param now Milliseconds since the epoch.
 * @returns As {@linkcode peerDelay}; 0 for a date that has passed.
 */
export function parseRetryAfter(
  value: string | null | undefined,
  now: number = Date.now(),
): number | undefined {
  const text = value?.trim() ?? "";
  if (/^\d+$/.test(text)) return peerDelay(Number(text) * 1_000);
  if (!HTTP_DATE.test(text)) return undefined;
  const milliseconds = Date.parse(text) - now;
  return peerDelay(
    Number.isNaN(milliseconds) ? NaN : Math.max(0, milliseconds),
  );
}

/**
 * Parses gRPC's `grpc-retry-pushback-ms`.
 *
 * @param values All values of that metadata key in the answer.
 * @returns As {@linkcode peerDelay}; `"never"` if the peer does not want a
 * retry, which a negative number, an invalid number or several values mean
 * (gRFC A6).
 */
export function parsePushback(
  values: readonly unknown[],
): number | "never" | undefined {
  const [value] = values;
  if (value === undefined) return undefined;
  const isNumber = values.length === 1 && /^\d+$/.test(String(value));
  return isNumber ? peerDelay(Number(value)) : "never";
}

/**
 * Bounds how long a token is used, whatever OAuth's `expires_in` says: an
 * everlasting token is renewed each day, and one that expires at once does not
 * cause a login for every request.
 *
 * @param seconds The lifetime as stated, above 0.
 * @returns The lifetime in milliseconds.
 */
export function tokenLife(seconds: number): number {
  const milliseconds = seconds * 1_000;
  return Math.max(TOKEN_LIFE.min, Math.min(milliseconds, TOKEN_LIFE.max));
}

/**
 * What a peer says about time, and how far its word is good.
 *
 * AGS, a proxy before it, a sidecar or the author of a handler may name any wait: a
 * year, less than nothing, no number at all. Whatever says when to come back is read
 * here, and nowhere else.
 *
 * @module
 */

/**
 * The longest wait that a peer can ask for, in milliseconds: a minute. Whoever needs
 * more is asked again then, and can say so again; who said more than it meant is not
 * waited for when it is well again.
 */
export const MAX_PEER_DELAY = 60_000;

/** Shortest and longest life of a peer's token, in milliseconds. */
const TOKEN_LIFE = { min: 1_000, max: 86_400_000 } as const;

/**
 * Bounds a wait that somebody asks for.
 *
 * @param milliseconds The wait, as it was said.
 * @returns 0 to {@linkcode MAX_PEER_DELAY} milliseconds; `undefined` for what is no
 * wait: nothing, less than 0, `NaN`.
 */
export function peerDelay(
  milliseconds: number | undefined,
): number | undefined {
  // NaN is not at least 0 either.
  if (milliseconds === undefined || !(milliseconds >= 0)) return undefined;
  return Math.min(milliseconds, MAX_PEER_DELAY);
}

/** An HTTP date as RFC 9110 wants it written, or as RFC 850 had it. */
const HTTP_DATE = /^[A-Za-z]{3,9}, \d.* GMT$/;

/**
 * Reads HTTP's `Retry-After` (RFC 9110, section 10.2.3: seconds or a date).
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
 * Reads gRPC's `grpc-retry-pushback-ms`.
 *
 * @param values All values of that name in the answer's metadata.
 * @returns As {@linkcode peerDelay}; `"never"` when the peer does not want the call
 * again: by a number below 0, by what is no number, or by several values (gRFC A6).
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
 * Bounds how long a token is used without asking again, whatever OAuth's `expires_in`
 * says: one for ever is renewed each day, and one that expires at once does not make
 * every request log in.
 *
 * @param seconds The life as it was said, above 0.
 * @returns The life in milliseconds.
 */
export function tokenLife(seconds: number): number {
  const milliseconds = seconds * 1_000;
  return Math.max(TOKEN_LIFE.min, Math.min(milliseconds, TOKEN_LIFE.max));
}

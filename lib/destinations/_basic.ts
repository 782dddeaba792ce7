/**
 * HTTP Basic authentication.
 *
 * @module
 */

/** The header of HTTP Basic (RFC 7617). */
export function basicHeader(user: string, password: string): string {
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  return `Basic ${bytes.toBase64()}`;
}

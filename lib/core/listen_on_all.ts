/**
 * Listening on all addresses of the machine, IPv6 and IPv4.
 *
 * @module
 */

import { ListenError } from "./listen_error.ts";

/** All addresses, the ones with IPv4 in them first. */
const IPV6 = "::";
const IPV4 = "0.0.0.0";

/** A socket that listens. */
interface Listening {
  /** Its port. */
  readonly port: number;
}

/**
 * Listens on a port of all addresses. On most systems one socket for IPv6 takes what
 * comes by IPv4, too; on Windows, and with `net.ipv6.bindv6only`, it takes two. Which it
 * is shows when the second one is tried. A machine without one of both has the other.
 *
 * @param listen Opens a socket for one address.
 * @param port The port; 0 takes any free one.
 * @param setting The variable that sets it.
 * @returns The sockets: one or two, with one port.
 * @throws {ListenError} The port cannot be opened.
 */
export async function listenOnAll<T extends Listening>(
  listen: (hostname: string, port: number) => T | Promise<T>,
  { port, setting }: { readonly port: number; readonly setting: string },
): Promise<readonly [T, ...T[]]> {
  let first: T;
  try {
    first = await listen(IPV6, port);
  } catch (cause) {
    if (!isWithoutFamily(cause)) {
      throw new ListenError(port, setting, { cause });
    }
    try {
      return [await listen(IPV4, port)];
    } catch (cause) {
      throw new ListenError(port, setting, { cause });
    }
  }
  try {
    return [first, await listen(IPV4, first.port)];
  } catch {
    // Taken by the first one, as a rule.
    return [first];
  }
}

/** Whether the machine has no such addresses, as Linux, macOS and Windows say it. */
function isWithoutFamily(error: unknown): boolean {
  return /EAFNOSUPPORT|EADDRNOTAVAIL|os error (97|99|47|49|10047|10049)\b/
    .test(String(error));
}

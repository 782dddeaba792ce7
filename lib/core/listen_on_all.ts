/**
 * Listens on all IPv6 and IPv4 addresses of the machine.
 *
 * @module
 */

import { ListenError } from "./listen_error.ts";

/** All addresses, including IPv4 on most systems. */
const IPV6 = "::";
const IPV4 = "0.0.0.0";

/** A listening socket. */
interface Listening {
  /** Its port. */
  readonly port: number;
}

/**
 * Listens on a port of all addresses. On most systems one IPv6 socket also
 * accepts IPv4; on Windows, and with `net.ipv6.bindv6only`, it takes two.
 * Opening the second one shows which is the case. A machine may have only one
 * address family.
 *
 * @param listen Opens a socket for one address.
 * @param port The port; 0 takes any free one.
 * @param setting The environment variable of the port.
 * @returns One or two sockets on the same port.
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
    // Usually the first socket has it already.
    return [first];
  }
}

/**
 * Whether the machine lacks this address family, as reported by Linux, macOS
 * and Windows.
 */
function isWithoutFamily(error: unknown): boolean {
  return /EAFNOSUPPORT|EADDRNOTAVAIL|os error (97|99|47|49|10047|10049)\b/
    .test(String(error));
}

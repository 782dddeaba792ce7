/**
 * The addresses that a request may go to.
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import ipaddr from "ipaddr.js";
import { abortable } from "../core/async.ts";
import { DestinationError } from "./errors.ts";

/** Finds the addresses of a host name. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** Resolves with the system's resolver. */
export async function resolveBySystem(
  host: string,
): Promise<readonly string[]> {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
}

/** Options of {@linkcode findAddresses}. */
export interface FindAddressesOptions {
  /** Whether private and local addresses are allowed. */
  readonly isPrivateAllowed: boolean;
  /** Resolves a host name. */
  readonly resolve: Resolve;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/**
 * The current addresses of a host name. The request goes to one of these
 * without another lookup: otherwise a name could resolve to a public address
 * when checked, and to a private one when used.
 *
 * @throws {DestinationError} The name has no address, or none that is allowed.
 */
export async function findAddresses(
  url: URL,
  options: FindAddressesOptions,
): Promise<readonly string[]> {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const { isPrivateAllowed, resolve, signal } = options;
  let addresses: readonly string[];
  if (ipaddr.isValid(host)) addresses = [host];
  else {
    try {
      addresses = await abortable(resolve(host), signal);
    } catch (cause) {
      signal.throwIfAborted();
      throw new DestinationError(`Host ${host} has no address`, {
        retryable: true,
        cause,
      });
    }
  }
  const allowed = addresses.filter((each) =>
    isPrivateAllowed || isPublic(each)
  );
  if (allowed.length > 0) return allowed;
  throw new DestinationError(
    `Host ${host} has no public address: expected one, or allowPrivateAddresses`,
    { retryable: false },
  );
}

/**
 * Whether an address is on the public Internet. Addresses of this machine,
 * private networks, cloud metadata (169.254.169.254) and IPv6 addresses that
 * embed IPv4 ones are not.
 */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  // `process` converts ::ffff:10.0.0.1 to IPv4.
  return ipaddr.process(address).range() === "unicast";
}

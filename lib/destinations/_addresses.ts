/**
 * Which addresses a request may go to.
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import ipaddr from "ipaddr.js";
import { abortable } from "../core/async.ts";
import { DestinationError } from "./errors.ts";

/** Finds the addresses of a host name. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** Asks the system, as everything on this machine does. */
export async function resolveBySystem(
  host: string,
): Promise<readonly string[]> {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
}

/** Options of {@linkcode findAddresses}. */
export interface FindAddressesOptions {
  /** Whether addresses count that only this machine or network has. */
  readonly isPrivateAllowed: boolean;
  /** Asks for a name's addresses. */
  readonly resolve: Resolve;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/**
 * The addresses that a host name stands for now. A request goes to one of these and
 * asks no more: else a name could stand for a public address when it is looked at, and
 * for one of this network when it is used.
 *
 * @throws {DestinationError} The name stands for none, or for none that is allowed.
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
      throw new DestinationError(`Host ${host} has no address now`, {
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
 * Whether an address is one of the Internet. Those of this machine, of private
 * networks, of cloud metadata (169.254.169.254) and such as carry an IPv4 address in
 * them are not.
 */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  // `process` makes of ::ffff:10.0.0.1 what it is.
  return ipaddr.process(address).range() === "unicast";
}

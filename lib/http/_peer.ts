/**
 * Determines the client's address behind proxies.
 *
 * @module
 */

import ipaddr from "ipaddr.js";

/** Determines the client's address. */
export type PeerOf = (
  address: string | undefined,
  forwardedFor: string | null,
) => string;

/**
 * Creates the function. The client is the last address in `X-Forwarded-For`
 * that is not a trusted proxy's; anybody may have written those before it.
 *
 * @param proxies Trusted addresses and networks.
 */
export function createPeerOf(proxies: readonly string[]): PeerOf {
  const networks = proxies.map((each) =>
    each.includes("/")
      ? ipaddr.parseCIDR(each)
      : [ipaddr.parse(each), 128] as const
  ).map(([address, bits]) =>
    [address, address.kind() === "ipv4" ? Math.min(bits, 32) : bits] as const
  );
  const isTrusted = (text: string) => {
    if (networks.length === 0) return false;
    const address = ipaddr.process(text);
    return networks.some(([network, bits]) =>
      network.kind() === address.kind() &&
      address.match(network as ipaddr.IPv4 & ipaddr.IPv6, bits)
    );
  };
  return (address, forwardedFor) => {
    let peer = plain(address ?? "") ?? "";
    if (peer === "" || forwardedFor === null) return peer;
    const hops = forwardedFor.split(",").map(plain);
    while (isTrusted(peer)) {
      const hop = hops.pop();
      // An invalid address is ignored: the proxy that forwarded it is the last
      // known peer.
      if (hop === undefined) break;
      peer = hop;
    }
    return peer;
  };
}

/**
 * An address without port and brackets, with mapped IPv4 unwrapped; `undefined`
 * if it is invalid.
 */
function plain(text: string): string | undefined {
  const trimmed = text.trim();
  const address = /^\[([\da-f:.]+)\](?::\d+)?$/i.exec(trimmed)?.[1] ??
    /^([\d.]+):\d+$/.exec(trimmed)?.[1] ?? trimmed;
  return ipaddr.isValid(address)
    ? ipaddr.process(address).toString()
    : undefined;
}

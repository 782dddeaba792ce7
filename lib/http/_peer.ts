/**
 * Who asks, behind proxies.
 *
 * @module
 */

import ipaddr from "ipaddr.js";

/** Says who asks. */
export type PeerOf = (
  address: string | undefined,
  forwardedFor: string | null,
) => string;

/**
 * Makes what says who asks: the last address of `X-Forwarded-For` that is not a trusted
 * proxy's. What comes before it, anybody may have written.
 *
 * @param proxies Addresses and networks that are trusted.
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
      // What is no address says nothing: the proxy that passed it on is the last known.
      if (hop === undefined) break;
      peer = hop;
    }
    return peer;
  };
}

/** An address without port and brackets, IPv4 as such; `undefined` if it is none. */
function plain(text: string): string | undefined {
  const trimmed = text.trim();
  const address = /^\[([\da-f:.]+)\](?::\d+)?$/i.exec(trimmed)?.[1] ??
    /^([\d.]+):\d+$/.exec(trimmed)?.[1] ?? trimmed;
  return ipaddr.isValid(address)
    ? ipaddr.process(address).toString()
    : undefined;
}

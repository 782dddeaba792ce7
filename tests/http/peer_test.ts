import assert from "node:assert/strict";
import { createPeerOf } from "../../lib/http/_peer.ts";

Deno.test("without trusted proxies the peer is the connection's, whatever is forwarded", () => {
  const peerOf = createPeerOf([]);
  assert.equal(peerOf("::ffff:192.0.2.1", "203.0.113.9"), "192.0.2.1");
  assert.equal(peerOf("2001:db8::1", null), "2001:db8::1");
  assert.equal(peerOf(undefined, "203.0.113.9"), "");
});

Deno.test("behind trusted proxies it is the last address that is none of theirs", () => {
  const peerOf = createPeerOf(["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"]);
  const cases: readonly (readonly [string, string | null, string])[] = [
    ["10.0.0.1", "203.0.113.9", "203.0.113.9"],
    ["::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"],
    ["2001:db8::1", "203.0.113.9:1234", "203.0.113.9"],
    ["192.0.2.1", "[2001:dead::1]:99", "2001:dead::1"],
    // What comes first, the client may have written itself.
    ["10.0.0.1", "1.2.3.4, 203.0.113.9, 10.2.2.2", "203.0.113.9"],
    ["10.0.0.1", "nonsense", "10.0.0.1"],
    ["10.0.0.1", "203.0.113.9, nonsense", "10.0.0.1"],
    ["10.0.0.1", "", "10.0.0.1"],
    ["10.0.0.1", null, "10.0.0.1"],
    ["10.0.0.1", "10.0.0.2", "10.0.0.2"],
    ["203.0.113.1", "1.2.3.4", "203.0.113.1"],
  ];
  for (const [address, forwarded, peer] of cases) {
    assert.equal(peerOf(address, forwarded), peer, `${address} ${forwarded}`);
  }
});

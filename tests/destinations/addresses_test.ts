import assert from "node:assert/strict";
import { join } from "node:path";
import { isPublic } from "../../lib/destinations/_addresses.ts";
import {
  apiDestination,
  DestinationError,
} from "../../lib/destinations/mod.ts";
import { testWithTool, type Tool } from "../conformance/_tools.ts";
import { makeCertificates } from "../services/_redis.ts";
import { contextOf, startApi } from "./_api.ts";

const OPENSSL: Tool = {
  name: "openssl (Debian package openssl)",
  probes: [["openssl", "version"]],
  isRequired: true,
};

async function errorOf(promise: Promise<unknown>): Promise<DestinationError> {
  const error = await promise.catch((error: unknown) => error);
  assert.ok(error instanceof DestinationError, `${error}`);
  return error;
}

Deno.test("destination: only addresses of the Internet are public", () => {
  for (
    const address of [
      ...["127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1"],
      ...["172.31.255.255", "192.168.0.1", "169.254.169.254", "100.64.0.1"],
      ...["192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1"],
      ...["255.255.255.255", "::", "::1", "::ffff:127.0.0.1"],
      ...["::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fe80::1"],
      ...["fc00::1", "fd12::1", "ff02::1", "2001:db8::1", "", "localhost"],
    ]
  ) assert.equal(isPublic(address), false, address);
  for (
    const address of [
      "1.1.1.1",
      "172.32.0.1",
      "2606:4700::1111",
      "::ffff:1.1.1.1",
    ]
  ) {
    assert.equal(isPublic(address), true, address);
  }
});

Deno.test("destination: goes to no address of this machine or network, however it is written", async () => {
  await using api = startApi();
  const hosts = [
    ...["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1"],
    ...["[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "localhost"],
    ...["169.254.169.254", "10.0.0.1", "0.0.0.0"],
  ];
  for (const host of hosts) {
    const shop = apiDestination({ url: `https://${host}:${api.port}/` });
    const error = await errorOf(shop(contextOf()).send());
    assert.equal(error.retryable, false, host);
    assert.match(error.message, /has no public address/);
  }
  assert.equal(api.requests.length, 0);
});

Deno.test("destination: a name is looked up once for each request, and what is private is left out", async () => {
  await using api = startApi();
  const answers = [["10.0.0.1", "::1"], ["127.0.0.1"]];
  const asked: string[] = [];
  const shop = apiDestination({
    url: `https://shop.test:${api.port}/`,
    resolve: (host) => {
      asked.push(host);
      return Promise.resolve(answers[asked.length - 1] ?? []);
    },
  });
  for (let time = 0; time < 3; time++) {
    const error = await errorOf(shop(contextOf()).send());
    assert.equal(error.retryable, false);
  }
  assert.deepEqual(asked, ["shop.test", "shop.test", "shop.test"]);
  assert.equal(api.requests.length, 0);
});

Deno.test("destination: a name without an address now may have one later", async () => {
  const shop = apiDestination({
    url: "https://shop.test/",
    resolve: () => Promise.reject(new Error("Name server does not answer")),
  });
  assert.equal((await errorOf(shop(contextOf()).send())).retryable, true);
  const slow = apiDestination({
    url: "https://shop.test/",
    resolve: () => new Promise(() => {}),
    timeout: 20,
  });
  assert.equal((await errorOf(slow(contextOf()).send())).retryable, true);
});

Deno.test("destination: tries a host's next address where nobody listens", async () => {
  await using api = startApi();
  const shop = apiDestination({
    url: `http://shop.test:${api.port}/`,
    allowPrivateAddresses: true,
    resolve: () => Promise.resolve(["127.0.0.2", "127.0.0.1"]),
  });
  await shop(contextOf()).send();
  assert.equal(api.requests[0]?.headers.get("host"), `shop.test:${api.port}`);
});

testWithTool(
  "destination: the certificate must be the name's, whatever the address",
  OPENSSL,
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const { ca } = await makeCertificates(folder);
      const read = (name: string) => Deno.readTextFile(join(folder, name));
      const [cert, key, authority] = await Promise.all([
        read("server.pem"),
        read("server.key"),
        Deno.readTextFile(ca).catch(() => ca),
      ]);
      await using api = startApi(undefined, { tls: { cert, key } });
      const shop = (host: string, trusted?: string) =>
        apiDestination({
          url: `https://${host}:${api.port}/`,
          allowPrivateAddresses: true,
          resolve: () => Promise.resolve(["127.0.0.1"]),
          ...(trusted !== undefined && { ca: trusted }),
        })(contextOf()).send();
      assert.equal((await shop("localhost", authority)).status, 200);
      assert.equal((await shop("127.0.0.1", authority)).status, 200);
      const wrong = await errorOf(shop("shop.test", authority));
      assert.match(`${wrong.cause}`, /certificate/i);
      await errorOf(shop("localhost"));
      assert.equal(api.requests.length, 2);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

import assert from "node:assert/strict";
import fc from "fast-check";
import { AccessKeyValidator } from "event-handler/web-pubsub";
import { readContext } from "../../lib/webpubsub/context.ts";
import { toHeaders } from "../../lib/webpubsub/headers.ts";
import {
  CONNECT,
  connectionString,
  H1,
  H2,
  K1,
  K2,
  ORIGIN,
  sign,
  without,
} from "./_vectors.ts";

function check(
  strings: string | readonly string[],
  headers: Readonly<Record<string, string>>,
): boolean {
  const validator = new AccessKeyValidator(strings);
  return validator.validate(readContext(toHeaders({ ...CONNECT, ...headers })));
}

const K1_ONLY = connectionString(K1);

Deno.test("AccessKeyValidator takes any signature that matches any key", () => {
  for (
    const signature of [
      `sha256=${H1},sha256=${H2}`,
      `sha256=${H2}, sha256=${H1}`,
      `sha256=${H1.toUpperCase()}`,
      ` sha256=${H1} `,
    ]
  ) {
    assert.ok(check(K1_ONLY, { "ce-signature": signature }), signature);
  }
  const both = `sha256=${H1},sha256=${H2}`;
  assert.ok(check(connectionString(K2), { "ce-signature": both }));
  assert.ok(
    check([connectionString("other"), connectionString(K2)], {
      "ce-signature": `sha256=${H2}`,
    }),
  );
});

Deno.test("AccessKeyValidator refuses what is no signature", () => {
  for (
    const signature of [
      H1,
      `sha1=${H1}`,
      `sha256=${H1.slice(1)}`,
      `sha256=${H1}0`,
      `sha256=${H2}`,
      "sha256=",
      "",
      ",",
      // The key base64-decoded first.
      "sha256=7f2ba73142ad603a3b98750b1131175915a9f332632bf75647cb2eef9bb748e9",
      // The right digest, but not as hex digits.
      "sha256=Etq00/2oXwqYszDpWr0zuKBDhiTAm7uDOImWlAZxNb4=",
      "Etq00/2oXwqYszDpWr0zuKBDhiTAm7uDOImWlAZxNb4=",
    ]
  ) {
    assert.ok(!check(K1_ONLY, { "ce-signature": signature }), signature);
  }
  const validator = new AccessKeyValidator(K1_ONLY);
  const unsigned = readContext(toHeaders(without(CONNECT, "ce-signature")));
  assert.equal(validator.validate(unsigned), false);
});

Deno.test("AccessKeyValidator knows the worked values", () => {
  const values = [
    [K1, "conn-0001", H1],
    [K2, "conn-0001", H2],
    [
      K1,
      "conn1",
      "cd5f468c95370f85db38d67a0c6a42ee2d4b4eba2e4222749120caff422f936d",
    ],
    [
      K1,
      "客户端-1",
      "b600d2993a6ec0218a10695a9a173052bd8e9041805c6191d4aa9da06977be68",
    ],
    [
      "ABCDEFGHIJKLMN",
      "conn-0001",
      "9af78b0a694c27aecfca6cc5da7b80ff9b4350e5ec0aeb9b51cd034b1a5ceed0",
    ],
    // Microsoft's own, from its .NET tests.
    [
      "7aab239577fd4f24bc919802fb629f5f",
      "0f9c97a2f0bf4706afe87a14e0797b11",
      "7767effcb3946f3e1de039df4b986ef02c110b1469d02c0a06f41b3b727ab561",
    ],
  ] as const;
  for (const [key, id, hex] of values) {
    const headers = { "ce-connectionId": id, "ce-signature": `sha256=${hex}` };
    assert.ok(check(connectionString(key), headers), id);
    assert.ok(!check(connectionString("ccc"), headers), id);
  }
});

Deno.test("AccessKeyValidator takes the keys of the origin that is named, exactly", () => {
  const other = "bar.webpubsub.azure.com";
  const strings = [connectionString(K1), connectionString(K2, other)];
  const signed = (origin: string, key: string) => ({
    "WebHook-Request-Origin": origin,
    "ce-signature": sign("conn-0001", key),
  });
  assert.ok(check(strings, signed(ORIGIN, K1)));
  assert.ok(check(strings, signed(ORIGIN.toUpperCase(), K1)));
  assert.ok(check(strings, signed(other, K2)));
  assert.ok(!check(strings, signed(other, K1)));
  assert.ok(!check(strings, signed(ORIGIN, K2)));
  const validator = new AccessKeyValidator(strings);
  for (
    const origin of [
      `${ORIGIN}.evil.test`,
      `evil.${ORIGIN}`,
      `evil${ORIGIN}`,
      ORIGIN.slice(0, -1),
      `https://${ORIGIN}`,
      `${ORIGIN}:443`,
      `${ORIGIN}/`,
      `${ORIGIN}, evil.test`,
      "",
      "*",
      "constructor",
    ]
  ) {
    assert.ok(!validator.allowsOrigin(origin), origin);
    if (origin !== "") assert.ok(!check(strings, signed(origin, K1)), origin);
  }
});

Deno.test("AccessKeyValidator never shows a key", () => {
  const shown = Deno.inspect(new AccessKeyValidator(K1_ONLY), { depth: 9 });
  assert.ok(!shown.includes(K1));
  assert.ok(!JSON.stringify(new AccessKeyValidator(K1_ONLY)).includes(K1));
  for (const text of [`AccessKey=${K1}`, `Endpoint=ftp://x;AccessKey=${K1}`]) {
    assert.throws(() => new AccessKeyValidator(text), (error: Error) => {
      assert.ok(error instanceof TypeError);
      assert.ok(!Deno.inspect(error).includes(K1));
      return true;
    });
  }
  assert.throws(() => new AccessKeyValidator([]), TypeError);
});

Deno.test("AccessKeyValidator takes no signature that it did not make", () => {
  fc.assert(fc.property(fc.string(), (signature) => {
    const clean = signature.replace(/[^\x20-\x7e]/g, "");
    assert.ok(!check(K1_ONLY, { "ce-signature": `${clean}, sha256=${clean}` }));
  }));
  fc.assert(
    fc.property(
      fc.string({ minLength: 1 }).filter((id) =>
        // deno-lint-ignore no-control-regex -- what a header cannot hold
        /^[^\x00-\x1f\x7f]+$/.test(id) && id.trim() === id
      ),
      (id) => {
        const headers = { "ce-connectionId": id, "ce-signature": sign(id) };
        assert.ok(check(K1_ONLY, headers));
        assert.ok(!check(connectionString(K2), headers));
      },
    ),
  );
});

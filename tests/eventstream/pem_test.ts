import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { checkConnection } from "../../lib/eventstream/connection.ts";
import { StreamOptionsError } from "../../lib/eventstream/errors.ts";
import { readPem } from "../../lib/eventstream/pem.ts";
import { Secret } from "../../lib/config/secret.ts";

const CERTIFICATE =
  "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

function key(type: "pkcs1" | "pkcs8"): string {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 1_024 });
  return privateKey.export({ type, format: "pem" }).toString();
}

function ecKey(type: "sec1" | "pkcs8"): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type, format: "pem" }).toString();
}

Deno.test("T14: a PEM text with certificates only has no key", () => {
  const { certificates, privateKey } = readPem(CERTIFICATE + CERTIFICATE);
  assert.deepEqual(certificates, [CERTIFICATE, CERTIFICATE]);
  assert.equal(privateKey, undefined);
});

const KEYS = {
  "PKCS #1": () => key("pkcs1"),
  "PKCS #8": () => key("pkcs8"),
  "SEC 1": () => ecKey("sec1"),
  "PKCS #8 of a curve": () => ecKey("pkcs8"),
};
for (const [name, make] of Object.entries(KEYS)) {
  Deno.test(`T14: a PEM text with a key only has no certificates: ${name}`, () => {
    const pem = make();
    assert.deepEqual(readPem(pem), { certificates: [], privateKey: pem });
  });
}

Deno.test("a PEM text has certificate and key in any order", () => {
  const { certificates, privateKey } = readPem(key("pkcs8") + CERTIFICATE);
  assert.equal(certificates.length, 1);
  assert.match(privateKey ?? "", /PRIVATE KEY/);
});

Deno.test("a text without PEM, or with a key that is none, is refused unquoted", () => {
  assert.throws(() => readPem("nothing"), StreamOptionsError);
  const broken =
    "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----";
  assert.throws(() => readPem(broken), (error) => {
    assert.ok(error instanceof StreamOptionsError);
    assert.doesNotMatch(`${error.stack}${error.cause}`, /c2VjcmV0/);
    return true;
  });
});

const BROKERS = ["127.0.0.1:9092", "kafka.example:1", "[::1]:9092"];

Deno.test("brokers are hosts with ports, and there is one", () => {
  checkConnection({ brokers: BROKERS });
  for (
    const brokers of [[], ["localhost"], ["a b:1"], ["http://a:1"], ["u@h:1"]]
  ) {
    assert.throws(() => checkConnection({ brokers }), StreamOptionsError);
  }
});

Deno.test("TLS has certificate and key together, each what it should be", () => {
  const privateKey = new Secret(key("pkcs8"));
  const brokers = BROKERS;
  checkConnection({ brokers, tls: {} });
  checkConnection({ brokers, tls: { ca: CERTIFICATE } });
  checkConnection({ brokers, tls: { certificate: CERTIFICATE, privateKey } });
  for (
    const tls of [
      { ca: privateKey.reveal() },
      { certificate: CERTIFICATE },
      { privateKey },
      { certificate: CERTIFICATE, privateKey: new Secret(CERTIFICATE) },
    ]
  ) {
    assert.throws(() => checkConnection({ brokers, tls }), StreamOptionsError);
  }
});

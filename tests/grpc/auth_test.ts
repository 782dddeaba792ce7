import assert from "node:assert/strict";
import { Metadata, status } from "@grpc/grpc-js";
import fc from "fast-check";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { type Authorizer, createIamAuthorizer } from "../../lib/grpc/auth.ts";
import { PATIENCE } from "../_support/patience.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const NAMESPACE = "mystudio-mygame";

const [ours, theirs] = await Promise.all(
  [1, 2].map(() => generateKeyPair("RS256", { modulusLength: 2048 })),
);
assert.ok(ours !== undefined && theirs !== undefined);

/** An IAM that publishes a key, as long as it is well. */
interface Iam extends AsyncDisposable {
  readonly baseUrl: string;
  isWell: boolean;
  /** What its key is called. */
  kid: string;
  /** How often its keys were looked up. */
  readonly lookups: number;
}

async function startIam(): Promise<Iam> {
  const jwk = { ...await exportJWK(ours!.publicKey), alg: "RS256" };
  let isWell = true;
  let kid = "k1";
  let lookups = 0;
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    ({ url }) => {
      lookups++;
      assert.equal(new URL(url).pathname, "/iam/v3/oauth/jwks");
      return isWell
        ? Response.json({ keys: [{ ...jwk, kid }] })
        : new Response("down", { status: 503 });
    },
  );
  return {
    baseUrl: `http://127.0.0.1:${server.addr.port}`,
    get isWell() {
      return isWell;
    },
    set isWell(now) {
      isWell = now;
    },
    get kid() {
      return kid;
    },
    set kid(called) {
      kid = called;
    },
    get lookups() {
      return lookups;
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

interface TokenOptions {
  readonly claims?: JWTPayload;
  readonly key?: Parameters<SignJWT["sign"]>[0];
  readonly kid?: string;
  readonly life?: number;
}

function token(options: TokenOptions = {}): Promise<string> {
  const { claims = {}, key = ours!.privateKey, kid = "k1" } = options;
  const payload = { client_id: "c", namespace: NAMESPACE, ...claims };
  return new SignJWT(payload)
    .setProtectedHeader({ alg: "RS256", kid })
    .setIssuedAt(NOW / 1_000)
    .setExpirationTime(NOW / 1_000 + (options.life ?? 3_600))
    .sign(key);
}

function metadataOf(...authorization: readonly string[]): Metadata {
  const metadata = new Metadata();
  for (const each of authorization) metadata.add("authorization", each);
  return metadata;
}

async function codeOf(
  authorize: Authorizer,
  ...authorization: readonly string[]
): Promise<string> {
  const refusal = await authorize(metadataOf(...authorization));
  return status[refusal?.code ?? status.OK] ?? "";
}

function authorizerOf(
  iam: Iam,
  now = () => NOW,
  monotonic = () => 0,
): Authorizer {
  return createIamAuthorizer({
    baseUrl: iam.baseUrl,
    namespace: NAMESPACE,
    timeout: PATIENCE,
    now,
    monotonic,
  });
}

Deno.test("A client's token for the namespace, or for its studio, may call", async () => {
  await using iam = await startIam();
  const authorize = authorizerOf(iam);
  for (
    const claims of [
      {},
      { sub: "c" },
      { sub: "" },
      { namespace: "mystudio" },
    ]
  ) {
    const code = await codeOf(authorize, `Bearer ${await token({ claims })}`);
    assert.equal(code, "OK", JSON.stringify(claims));
  }
});

const REFUSED: Readonly<Record<string, () => Promise<readonly string[]>>> = {
  "no token": () => Promise.resolve([]),
  "two tokens":
    async () => [`Bearer ${await token()}`, `Bearer ${await token()}`],
  "another scheme": async () => [`Basic ${await token()}`],
  "no token's form": () => Promise.resolve(["Bearer abc"]),
  "a token as long as a book": async () => [
    `Bearer ${await token({ claims: { x: "x".repeat(20_000) } })}`,
  ],
  "a token that has expired": async () => [
    `Bearer ${await token({ life: -1 })}`,
  ],
  "a token that somebody else has signed": async () => [
    `Bearer ${await token({ key: theirs!.privateKey })}`,
  ],
  "a token of a key that nobody has": async () => [
    `Bearer ${await token({ kid: "k2" })}`,
  ],
  "a token that was changed": async () => {
    const [head, , signature] = (await token()).split(".");
    const claims = btoa('{"client_id":"c","namespace":"mystudio-mygame"}')
      .replaceAll("=", "");
    return [`Bearer ${head}.${claims}.${signature}`];
  },
  "a token that is not signed": async () => {
    const [, claims] = (await token()).split(".");
    const head = btoa('{"alg":"none"}').replaceAll("=", "");
    return [`Bearer ${head}.${claims}.AA`];
  },
  "a token of another namespace": async () => [
    `Bearer ${await token({ claims: { namespace: "mystudio-mygame2" } })}`,
  ],
  "a token of a namespace that begins like it": async () => [
    `Bearer ${await token({ claims: { namespace: "mystud" } })}`,
  ],
  "a token of no namespace": async () => [
    `Bearer ${await token({ claims: { namespace: "" } })}`,
  ],
  "a player's token": async () => [
    `Bearer ${await token({ claims: { sub: "player" } })}`,
  ],
};

for (const [what, authorization] of Object.entries(REFUSED)) {
  Deno.test(`A call with ${what} is UNAUTHENTICATED`, async () => {
    await using iam = await startIam();
    const values = await authorization();
    assert.equal(await codeOf(authorizerOf(iam), ...values), "UNAUTHENTICATED");
  });
}

Deno.test("A token is checked once, and known until it expires", async () => {
  await using iam = await startIam();
  let now = NOW;
  const authorize = authorizerOf(iam, () => now);
  const value = `Bearer ${await token({ life: 60 })}`;
  assert.equal(await codeOf(authorize, value), "OK");
  assert.equal(authorize(metadataOf(value)), undefined, "at once");
  now = NOW + 60_000;
  assert.equal(await codeOf(authorize, value), "UNAUTHENTICATED");
  assert.equal(iam.lookups, 1);
});

Deno.test("While IAM's keys cannot be had, a call is UNAVAILABLE, and may come again", async () => {
  await using iam = await startIam();
  let time = 0;
  const authorize = authorizerOf(iam, undefined, () => time);
  const value = `Bearer ${await token()}`;
  iam.isWell = false;
  assert.equal(await codeOf(authorize, value), "UNAVAILABLE");
  iam.isWell = true;
  const refusal = await authorize(metadataOf(value));
  assert.equal(refusal?.code, status.UNAVAILABLE, "IAM is left alone");
  assert.deepEqual(refusal?.metadata.getMap(), {
    "grpc-retry-pushback-ms": "5000",
  });
  time = 5_000;
  assert.equal(await codeOf(authorize, value), "OK");
  assert.equal(iam.lookups, 2);
});

Deno.test("A token of a new key is UNAVAILABLE while look-ups rest, and OK after it", async () => {
  await using iam = await startIam();
  let time = 0;
  const authorize = authorizerOf(iam, undefined, () => time);
  assert.equal(await codeOf(authorize, `Bearer ${await token()}`), "OK");
  iam.kid = "k2";
  const value = `Bearer ${await token({ kid: "k2" })}`;
  time = 12_000;
  const refusal = await authorize(metadataOf(value));
  assert.equal(refusal?.code, status.UNAVAILABLE);
  assert.deepEqual(refusal?.metadata.getMap(), {
    "grpc-retry-pushback-ms": "18000",
  });
  assert.equal(iam.lookups, 1);
  time = 30_000;
  assert.equal(await codeOf(authorize, value), "OK");
  assert.equal(iam.lookups, 2);
});

Deno.test("Only a token that could be one of IAM's starts a look-up", async () => {
  await using iam = await startIam();
  const authorize = authorizerOf(iam);
  const base64 = (value: unknown) =>
    new TextEncoder().encode(JSON.stringify(value))
      .toBase64({ alphabet: "base64url", omitPadding: true });
  const [head = "", claims = "", signature = ""] = (await token()).split(".");
  const heads = [
    { alg: "none" },
    { alg: "HS256", kid: "k1" },
    { alg: "RS384", kid: "k1" },
    { alg: "RS256" },
    { alg: "RS256", kid: "" },
    { alg: "RS256", kid: 1 },
    { alg: "RS256", kid: "x".repeat(257) },
    { alg: "RS256", kid: "k1", crit: ["x"], x: 1 },
    null,
    [],
    "RS256",
  ];
  const bodies = [
    {},
    { client_id: "c", namespace: NAMESPACE },
    { client_id: "c", namespace: NAMESPACE, exp: NOW / 1_000 },
    { client_id: "c", namespace: NAMESPACE, exp: "soon" },
    { client_id: "c", namespace: "other", exp: NOW },
    { client_id: "c", sub: "player", namespace: NAMESPACE, exp: NOW },
    null,
    [],
    1,
  ];
  const tokens = [
    ...heads.map((each) => `${base64(each)}.${claims}.${signature}`),
    ...bodies.map((each) => `${head}.${base64(each)}.${signature}`),
    `${head}.${claims}.${signature.slice(0, 100)}`,
    `${head}.${claims}.${signature.repeat(5)}`,
    `e30.${claims}.${signature}`,
    `${head}.!.${signature}`,
  ];
  for (const each of tokens) {
    assert.equal(
      await codeOf(authorize, `Bearer ${each}`),
      "UNAUTHENTICATED",
      each.slice(0, 200),
    );
  }
  assert.equal(iam.lookups, 0);
});

Deno.test("Whatever stands where a token should, the answer is UNAUTHENTICATED", async () => {
  await using iam = await startIam();
  const authorize = authorizerOf(iam);
  await fc.assert(fc.asyncProperty(
    fc.oneof(
      fc.stringMatching(/^[ -~]*$/),
      fc.base64String().map((text) => `Bearer ${text}.${text}.${text}`),
    ),
    async (text) => {
      assert.equal(await codeOf(authorize, text.trim()), "UNAUTHENTICATED");
    },
  ));
});

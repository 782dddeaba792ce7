import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import {
  AccessKeyValidator,
  allOf,
  anyOf,
  EntraValidator,
  type EntraValidatorOptions,
  type RequestValidator,
} from "event-handler/web-pubsub";
import { readContext } from "../../lib/webpubsub/context.ts";
import { toHeaders } from "../../lib/webpubsub/headers.ts";
import { CONNECT, connectionString, K1, ORIGIN, without } from "./_vectors.ts";

const TENANT = "11111111-2222-3333-4444-555555555555";
const AUDIENCE = "api://my-app";
const CLIENT = "99999999-8888-7777-6666-555555555555";
const V1 = `https://sts.windows.net/${TENANT}/`;
const V2 = `https://login.microsoftonline.com/${TENANT}/v2.0`;

const { privateKey, publicKey } = await generateKeyPair("RS256");
const stranger = await generateKeyPair("RS256");
const JWKS = JSON.stringify({
  keys: [{ ...await exportJWK(publicKey), kid: "k1", alg: "RS256" }],
});

interface Case {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly expires?: string | number;
  readonly key?: typeof privateKey;
  readonly kid?: string;
}

async function token(
  { claims = {}, expires = "1h", key = privateKey, kid = "k1" }: Case = {},
): Promise<string> {
  return await new SignJWT({ iss: V1, aud: AUDIENCE, appid: CLIENT, ...claims })
    .setProtectedHeader({ alg: "RS256", kid })
    .setIssuedAt()
    .setExpirationTime(expires)
    .sign(key);
}

function create(
  options: Partial<EntraValidatorOptions> = {},
  answer: () => Response | Promise<Response> = () => new Response(JWKS),
): { readonly validator: EntraValidator; readonly urls: string[] } {
  const urls: string[] = [];
  const validator = new EntraValidator({
    tenantId: TENANT,
    audience: AUDIENCE,
    clientIds: [CLIENT],
    hosts: [ORIGIN],
    fetch: async (input) => {
      urls.push(String(input));
      return await answer();
    },
    ...options,
  });
  return { validator, urls };
}

async function check(
  validator: RequestValidator,
  headers: Readonly<Record<string, string>>,
): Promise<boolean> {
  const request = { ...CONNECT, ...headers };
  return await validator.validate(readContext(toHeaders(request)));
}

const bearer = (token: string) => ({ "Authorization": `Bearer ${token}` });

Deno.test("EntraValidator takes tokens of version 1 and 2", async () => {
  const { validator, urls } = create();
  assert.ok(await check(validator, bearer(await token())));
  const v2 = await token({
    claims: { iss: V2, appid: undefined, azp: CLIENT },
  });
  assert.ok(await check(validator, bearer(v2)));
  assert.ok(await check(validator, { "authorization": `bearer ${v2}` }));
  assert.deepEqual(urls, [
    `https://login.microsoftonline.com/${TENANT}/discovery/v2.0/keys`,
  ]);
});

Deno.test("EntraValidator refuses what is not right about a token", async () => {
  const { validator } = create();
  const longAgo = Math.floor(Date.now() / 1_000) - 3_600;
  for (
    const wrong of [
      { claims: { aud: "api://other" } },
      { claims: { iss: "https://sts.windows.net/other/" } },
      { claims: { appid: "another" } },
      { claims: { appid: undefined } },
      { claims: { nbf: Math.floor(Date.now() / 1_000) + 3_600 } },
      { expires: longAgo },
      { key: stranger.privateKey },
      { kid: "unknown" },
    ]
  ) {
    const text = await token(wrong);
    assert.equal(
      await check(validator, bearer(text)),
      false,
      JSON.stringify(wrong),
    );
  }
  const secret = new TextEncoder().encode(K1.repeat(2));
  const symmetric = await new SignJWT({ iss: V1, aud: AUDIENCE, appid: CLIENT })
    .setProtectedHeader({ alg: "HS256", kid: "k1" }).setExpirationTime("1h")
    .sign(secret);
  const noExpiry = await new SignJWT({ iss: V1, aud: AUDIENCE, appid: CLIENT })
    .setProtectedHeader({ alg: "RS256", kid: "k1" }).sign(privateKey);
  const good = await token();
  for (
    const authorization of [
      `Bearer ${symmetric}`,
      `Bearer ${noExpiry}`,
      `Basic ${good}`,
      `Bearer ${good}x`,
      `Bearer ${good}, Bearer ${good}`,
      `Bearer ${good}.x`,
      "Bearer ",
      `Bearer ${"a".repeat(20_000)}.b.c`,
    ]
  ) {
    assert.equal(await check(validator, { authorization }), false);
  }
  assert.equal(await check(validator, {}), false);
});

Deno.test("EntraValidator takes tokens of the hosts that are named, exactly", async () => {
  const { validator } = create();
  const headers = bearer(await token());
  for (const origin of [ORIGIN, ORIGIN.toUpperCase()]) {
    assert.ok(validator.allowsOrigin(origin));
    assert.ok(
      await check(validator, { ...headers, "WebHook-Request-Origin": origin }),
    );
  }
  for (const origin of [`${ORIGIN}.evil.test`, "evil.test"]) {
    assert.ok(!validator.allowsOrigin(origin));
    assert.ok(
      !await check(validator, { ...headers, "WebHook-Request-Origin": origin }),
    );
  }
});

Deno.test("EntraValidator says when the keys cannot be had", async () => {
  const headers = bearer(await token());
  const huge = () => new Response(`${JWKS}${" ".repeat(300_000)}`);
  for (
    const answer of [
      () => new Response("no", { status: 503 }),
      () => new Response("no JSON"),
      () => Promise.reject(new TypeError("no route")),
      huge,
    ]
  ) {
    const { validator } = create({}, answer);
    await assert.rejects(check(validator, headers));
  }
  const hang = new AbortController();
  const { validator } = create({
    timeout: 20,
    fetch: (_, init) => {
      const { promise, reject } = Promise.withResolvers<Response>();
      init?.signal?.addEventListener("abort", () => {
        hang.abort();
        reject(init.signal?.reason);
      });
      return promise;
    },
  });
  await assert.rejects(check(validator, headers));
  assert.ok(hang.signal.aborted);
});

Deno.test("EntraValidator knows a token until it expires", async () => {
  const { validator, urls } = create();
  const headers = bearer(await token());
  assert.ok(await check(validator, headers));
  assert.ok(await check(validator, headers));
  // Expired, but within what clocks may differ: taken each time, never known.
  const expired = await token({ expires: Math.floor(Date.now() / 1_000) - 60 });
  assert.ok(await check(validator, bearer(expired)));
  assert.equal(urls.length, 1);
});

Deno.test("EntraValidator wants all that a token must say", () => {
  for (
    const option of [
      { tenantId: "" },
      { audience: "" },
      { clientIds: [] },
      { hosts: [] },
    ]
  ) {
    assert.throws(() => create(option), TypeError);
  }
});

Deno.test("allOf() wants what every validator wants, anyOf() what any wants", async () => {
  const key = new AccessKeyValidator([
    connectionString(K1),
    connectionString(K1, "other.test"),
  ]);
  const { validator: entra } = create();
  const both = bearer(await token());
  const unsigned = { "ce-signature": "sha256=00" };
  const all = allOf(key, entra);
  const any = anyOf(key, entra);
  for (
    const [headers, wanted] of [
      [both, [true, true]],
      [{}, [false, true]],
      [{ ...both, ...unsigned }, [false, true]],
      [unsigned, [false, false]],
    ] as const
  ) {
    assert.equal(await check(all, headers), wanted[0]);
    assert.equal(await check(any, headers), wanted[1]);
  }
  assert.ok(any.allowsOrigin("other.test"));
  assert.ok(!all.allowsOrigin("other.test"));
  assert.ok(!any.allowsOrigin("evil.test"));
  assert.throws(() => allOf(), TypeError);
  assert.throws(() => anyOf(), TypeError);
});

Deno.test("anyOf() tells of a validator that cannot tell only if no other takes it", async () => {
  const { validator } = create({}, () => new Response("", { status: 503 }));
  const any = anyOf(validator, new AccessKeyValidator(connectionString(K1)));
  const headers = bearer(await token());
  assert.ok(await check(any, headers));
  await assert.rejects(check(any, { ...headers, "ce-signature": "" }));
  assert.equal(
    await check(any, without({ "ce-signature": "sha256=00" }, "none")),
    false,
  );
});

import { createLocalJWKSet, jwtVerify } from "jose";
import assert from "node:assert/strict";
import { DEFAULT_CLIENT_ID, startEmulator } from "../../../dev/emulator/mod.ts";
import { login, send } from "./_client.ts";

Deno.test(
  "the token endpoint answers a client token with every field",
  async () => {
    await using emulator = await startEmulator({ tokenLifetime: 120 });
    const reply = await login(emulator.url);
    assert.equal(reply.status, 200);
    assert.equal(reply.headers.get("cache-control"), "no-store");
    const { access_token, permissions, ...rest } = reply.json;
    assert.deepEqual(rest, {
      token_type: "Bearer",
      expires_in: 120,
      scope: "account commerce social publishing analytics",
      namespace: "mygame",
    });
    const actions = new Map(
      permissions.map((
        { resource, action }: { resource: string; action: number },
      ) => [resource, action]),
    );
    assert.equal(actions.size, permissions.length, "each resource once");
    const game = "ADMIN:NAMESPACE:mygame";
    assert.equal(actions.get(`${game}:USER:*:FULFILLMENT`), 1 + 4);
    assert.equal(actions.get(`${game}:USER:*:ENTITLEMENT`), 2);
    assert.equal(actions.get(`${game}:ITEM`), 2);
    assert.equal(actions.get(`${game}:CLOUDSAVE:RECORD`), 1 + 2 + 4);
    assert.equal(access_token.split(".").length, 3);
  },
);

Deno.test(
  "a token verifies against the published key set",
  async () => {
    const start = Date.UTC(2026, 0, 1);
    await using emulator = await startEmulator({
      tokenLifetime: 60,
      now: () => start,
    });
    const { json } = await login(emulator.url);
    const keys = await send(`${emulator.url}/iam/v3/oauth/jwks`, "GET");
    assert.equal(keys.status, 200);
    const [key] = keys.json.keys;
    assert.deepEqual(
      [key.kty, key.alg, key.use, typeof key.n, key.e, "d" in key],
      ["RSA", "RS256", "sig", "string", "AQAB", false],
    );
    const { payload, protectedHeader } = await jwtVerify(
      json.access_token,
      createLocalJWKSet(keys.json),
      { currentDate: new Date(start), issuer: emulator.url },
    );
    assert.equal(protectedHeader.kid, key.kid);
    assert.equal(protectedHeader.alg, "RS256");
    assert.equal(payload.client_id, DEFAULT_CLIENT_ID);
    assert.equal(payload.namespace, "mygame");
    assert.equal(payload.exp, start / 1000 + 60);
  },
);

Deno.test("each login answers another token", async () => {
  await using emulator = await startEmulator({ now: () => 0 });
  const first = await login(emulator.url);
  const second = await login(emulator.url);
  assert.notEqual(first.json.access_token, second.json.access_token);
});

Deno.test(
  "the revocation list is empty and needs no token",
  async () => {
    await using emulator = await startEmulator();
    const reply = await send(
      `${emulator.url}/iam/v3/oauth/revocationlist`,
      "GET",
    );
    assert.equal(reply.status, 200);
    assert.deepEqual(reply.json.revoked_users, []);
    assert.deepEqual(reply.json.revoked_tokens.bits, [0]);
  },
);

Deno.test("credentials are taken from the options", async () => {
  await using emulator = await startEmulator({
    clientId: "me",
    clientSecret: "pass:word ü",
  });
  const bytes = new TextEncoder().encode("me:pass:word ü");
  const authorization = `Basic ${btoa(String.fromCharCode(...bytes))}`;
  const reply = await login(emulator.url, { headers: { authorization } });
  assert.equal(reply.status, 200);
  assert.equal((await login(emulator.url)).status, 401);
});

const REFUSED: readonly {
  readonly what: string;
  readonly options: Parameters<typeof login>[1];
  readonly status: number;
  readonly error: string;
}[] = [
  {
    what: "a wrong secret",
    options: { secret: "wrong" },
    status: 401,
    error: "invalid_client",
  },
  {
    what: "an unknown client",
    options: { id: "nobody" },
    status: 401,
    error: "invalid_client",
  },
  {
    what: "no HTTP Basic",
    options: { headers: { authorization: "Bearer abc" } },
    status: 401,
    error: "invalid_client",
  },
  {
    what: "broken HTTP Basic",
    options: { headers: { authorization: "Basic %%%" } },
    status: 401,
    error: "invalid_client",
  },
  {
    what: "another grant",
    options: { body: "grant_type=authorization_code&code=a" },
    status: 400,
    error: "unsupported_grant_type",
  },
  {
    what: "a player without a password",
    options: { body: "grant_type=password&username=a" },
    status: 400,
    error: "invalid_request",
  },
  {
    what: "no grant",
    options: { body: "" },
    status: 400,
    error: "invalid_request",
  },
  {
    what: "two grants",
    options: {
      body: "grant_type=client_credentials&grant_type=client_credentials",
    },
    status: 400,
    error: "invalid_request",
  },
  {
    what: "a JSON body",
    options: {
      headers: { "content-type": "application/json" },
      body: '{"grant_type":"client_credentials"}',
    },
    status: 400,
    error: "invalid_request",
  },
];

for (const { what, options, status, error } of REFUSED) {
  Deno.test(
    `the token endpoint refuses ${what} in the OAuth shape`,
    async () => {
      await using emulator = await startEmulator();
      const reply = await login(emulator.url, options);
      assert.equal(reply.status, status);
      assert.equal(reply.json.error, error);
      assert.equal(typeof reply.json.error_description, "string");
      assert.equal("errorCode" in reply.json, false);
      assert.equal(
        reply.headers.get("www-authenticate"),
        status === 401 ? 'Basic realm="iam"' : null,
      );
    },
  );
}

Deno.test(
  "the token endpoint refuses another method in the OAuth shape",
  async () => {
    await using emulator = await startEmulator();
    const reply = await send(`${emulator.url}/iam/v3/oauth/token`, "GET");
    assert.equal(reply.status, 405);
    assert.equal(reply.headers.get("allow"), "POST");
    assert.equal(reply.json.error, "invalid_request");
  },
);

Deno.test(
  "the media type may have parameters and capitals",
  async () => {
    await using emulator = await startEmulator();
    const reply = await login(emulator.url, {
      headers: {
        "content-type": "Application/X-WWW-Form-Urlencoded; charset=utf-8",
      },
    });
    assert.equal(reply.status, 200);
  },
);

Deno.test("A player logs in, and gets a token that is no client's", async () => {
  await using emulator = await startEmulator();
  const { status, json } = await login(emulator.url, {
    body: "grant_type=password&username=a&password=b",
  });
  assert.equal(status, 200);
  assert.match(String(json.user_id), /^[0-9a-f]{32}$/);
  const item = await fetch(
    `${emulator.url}/platform/admin/namespaces/${emulator.namespace}/items/x`,
    { headers: { authorization: `Bearer ${json.access_token}` } },
  );
  await item.body?.cancel();
  assert.equal(item.status, 401);
});

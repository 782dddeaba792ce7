import { generateKeyPair, SignJWT } from "jose";
import assert from "node:assert/strict";
import { login, open, type Reply, userPath } from "./_client.ts";

const ENTITLEMENTS = userPath("mygame", "player", "/entitlements");

function assertUnauthorized(reply: Reply): void {
  assert.equal(reply.status, 401);
  assert.deepEqual(reply.json, {
    errorCode: 20001,
    errorMessage: "unauthorized access",
  });
}

Deno.test(
  "a call without a usable token answers 401 with 20001",
  async () => {
    await using session = await open();
    const { token } = session;
    for (
      const authorization of [
        "",
        "Bearer",
        "Bearer ",
        `Basic ${btoa("a:b")}`,
        token,
        `Bearer ${token.slice(0, -4)}AAAA`,
        `Bearer ${token}x`,
        "Bearer eyJhbGciOiJub25lIn0.e30.",
      ]
    ) {
      assertUnauthorized(
        await session.call("GET", ENTITLEMENTS, { headers: { authorization } }),
      );
    }
  },
);

Deno.test("a token signed with another key answers 401", async () => {
  await using session = await open();
  const { privateKey } = await generateKeyPair("RS256");
  const forged = await new SignJWT({ namespace: "mygame" })
    .setProtectedHeader({ alg: "RS256" })
    .setIssuer(session.emulator.url)
    .setJti("1")
    .setIssuedAt()
    .setExpirationTime("1h")
    .sign(privateKey);
  const headers = { authorization: `Bearer ${forged}` };
  assertUnauthorized(await session.call("GET", ENTITLEMENTS, { headers }));
});

Deno.test("a token of another emulator answers 401", async () => {
  await using one = await open();
  await using other = await open();
  const headers = { authorization: `Bearer ${other.token}` };
  assertUnauthorized(await one.call("GET", ENTITLEMENTS, { headers }));
  assert.equal((await other.call("GET", ENTITLEMENTS)).status, 200);
});

Deno.test(
  "a token lives exactly as long as it says, by the given clock",
  async () => {
    let now = Date.UTC(2026, 0, 1);
    await using session = await open({ tokenLifetime: 60, now: () => now });
    assert.equal((await session.call("GET", ENTITLEMENTS)).status, 200);
    now += 59_999;
    assert.equal((await session.call("GET", ENTITLEMENTS)).status, 200);
    now += 1;
    assertUnauthorized(await session.call("GET", ENTITLEMENTS));
    const { json } = await login(session.emulator.url);
    const headers = { authorization: `Bearer ${json.access_token}` };
    const reply = await session.call("GET", ENTITLEMENTS, { headers });
    assert.equal(reply.status, 200);
  },
);

Deno.test(
  "a token that has expired before its first use answers 401",
  async () => {
    let now = Date.UTC(2026, 0, 1);
    await using session = await open({ tokenLifetime: 60, now: () => now });
    now += 60_000;
    assertUnauthorized(await session.call("GET", ENTITLEMENTS));
  },
);

Deno.test(
  "a token made between two seconds lives its full time",
  async () => {
    let now = Date.UTC(2026, 0, 1) + 700;
    await using session = await open({ tokenLifetime: 1, now: () => now });
    now += 999;
    assert.equal((await session.call("GET", ENTITLEMENTS)).status, 200);
  },
);

Deno.test(
  "revoked tokens answer 401 for good and later ones pass",
  async () => {
    await using session = await open();
    assert.equal((await session.call("GET", ENTITLEMENTS)).status, 200);
    session.emulator.revokeTokens();
    assertUnauthorized(await session.call("GET", ENTITLEMENTS));
    assertUnauthorized(await session.call("GET", ENTITLEMENTS));
    const { json } = await login(session.emulator.url);
    const headers = { authorization: `Bearer ${json.access_token}` };
    const reply = await session.call("GET", ENTITLEMENTS, { headers });
    assert.equal(reply.status, 200);
  },
);

Deno.test(
  "another namespace answers 403 with the permission it needs",
  async () => {
    await using session = await open();
    const reply = await session.call(
      "POST",
      userPath("othergame", "player", "/fulfillment"),
      { body: "not even JSON" },
    );
    assert.equal(reply.status, 403);
    assert.deepEqual(reply.json, {
      errorCode: 20013,
      errorMessage: "insufficient permissions",
      requiredPermission: {
        resource: "ADMIN:NAMESPACE:othergame:USER:player:FULFILLMENT",
        action: 1,
      },
    });
  },
);

Deno.test("the namespace comes from the options", async () => {
  await using session = await open({ namespace: "studio-game" });
  const path = userPath("studio-game", "player", "/entitlements");
  assert.equal((await session.call("GET", path)).status, 200);
  assert.equal((await session.call("GET", ENTITLEMENTS)).status, 403);
});

import assert from "node:assert/strict";
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  SignJWT,
  UnsecuredJWT,
} from "jose";
import {
  createTokenAuthorizer,
  type TokenRules,
} from "../../lib/capture/authorizer.ts";
import { tokenOf } from "../../lib/capture/player.ts";
import {
  agsJwksUrl,
  agsRules,
  cognitoRules,
  oidcRules,
} from "../../lib/capture/token_rules.ts";
import { HttpProblem } from "../../lib/core/http.ts";
import { startEmulator } from "../../dev/emulator/mod.ts";
import { serve } from "../ags/_server.ts";

const RSA = await generateKeyPair("RS256", { extractable: true });
const OTHER = await generateKeyPair("RS256", { extractable: true });
const EC = await generateKeyPair("ES256", { extractable: true });
const ISSUER = "https://issuer.example/pool";
const NOW = Date.parse("2026-10-07T09:00:00Z");

const KEYS = [
  { ...await exportJWK(RSA.publicKey), kid: "rsa", alg: "RS256", use: "sig" },
  { ...await exportJWK(EC.publicKey), kid: "ec", alg: "ES256" },
];

/** An issuer's keys on a port, and the check of its tokens. */
function start(rules: TokenRules, keys: () => readonly unknown[] = () => KEYS) {
  let time = NOW;
  const server = serve(() => Response.json({ keys: keys() }));
  const authorize = createTokenAuthorizer({
    ...rules,
    jwksUrl: server.url,
    now: () => time,
    monotonic: () => time - NOW,
  });
  return {
    /** The player, or the status of the refusal. */
    async ask(token: string | undefined): Promise<string | number> {
      try {
        return (await authorize(token)).clientId;
      } catch (error) {
        if (error instanceof HttpProblem) return error.status;
        throw error;
      }
    },
    get lookups() {
      return server.count;
    },
    at: (milliseconds: number) => void (time = NOW + milliseconds),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

interface SignOptions {
  readonly key?: CryptoKey;
  readonly kid?: string;
  readonly alg?: string;
}

function sign(
  claims: Readonly<Record<string, unknown>>,
  options: SignOptions = {},
): Promise<string> {
  const { key = RSA.privateKey, kid = "rsa", alg = "RS256" } = options;
  return new SignJWT({ exp: NOW / 1_000 + 3_600, iss: ISSUER, ...claims })
    .setProtectedHeader({ alg, kid }).sign(key);
}

const oidc = (audiences: readonly string[] = []) =>
  oidcRules({ issuer: ISSUER, audiences, clientIdClaim: "sub" });
const cognito = (audiences: readonly string[] = []) =>
  cognitoRules({ issuer: ISSUER, audiences, clientIdClaim: "sub" });

Deno.test("A player's token of AGS names the player; a client's is for no player, and another namespace's not for this game", async () => {
  await using ags = await startEmulator();
  const ask = async (token: string, namespace = "mygame") => {
    const authorize = createTokenAuthorizer({
      ...agsRules(namespace),
      jwksUrl: agsJwksUrl(ags.url),
    });
    try {
      return (await authorize(token)).clientId;
    } catch (error) {
      return (error as HttpProblem).status;
    }
  };
  const userId = "0123456789abcdef0123456789abcdef";
  const token = await ags.playerToken(userId);
  assert.equal(await ask(token), userId);
  assert.equal(await ask(token, "othergame"), 403);
  const login = await fetch(`${ags.url}/iam/v3/oauth/token`, {
    method: "POST",
    headers: {
      "authorization": `Basic ${
        btoa("c0000000000000000000000000000001:emulator-only")
      }`,
    },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  assert.equal(await ask((await login.json()).access_token), 403);
});

Deno.test("RS256 and ES256 are taken, each with a key of its own kind only", async () => {
  await using issuer = start(oidc());
  const ec = { key: EC.privateKey, kid: "ec", alg: "ES256" };
  assert.equal(await issuer.ask(await sign({ sub: "p" })), "p");
  assert.equal(await issuer.ask(await sign({ sub: "q" }, ec)), "q");
  const crossed = await sign({ sub: "q" }, { ...ec, kid: "rsa" });
  assert.equal(await issuer.ask(crossed), 401);
});

Deno.test("What is no valid token of the issuer is answered 401", async () => {
  await using issuer = start(oidc(["game"]));
  const valid = await sign({ sub: "p", aud: "game" });
  const [head = "", body = ""] = valid.split(".");
  const hmac = await new SignJWT({
    sub: "p",
    aud: "game",
    iss: ISSUER,
    exp: NOW / 1_000 + 60,
  }).setProtectedHeader({ alg: "HS256", kid: "rsa" })
    .sign(new TextEncoder().encode(JSON.stringify(KEYS[0])));
  const tokens: Readonly<Record<string, string | undefined>> = {
    "none": undefined,
    "unsigned": `${
      new UnsecuredJWT({ sub: "p", aud: "game", iss: ISSUER })
        .setExpirationTime("1h").encode()
    }x`,
    "signed by another key": await sign(
      { sub: "p", aud: "game" },
      { key: OTHER.privateKey },
    ),
    "signed with the public key as a secret": hmac,
    "changed": `${head}.${body.replace(/.$/, "_")}.${"A".repeat(342)}`,
    "of another issuer": await sign({
      sub: "p",
      aud: "game",
      iss: `${ISSUER}/`,
    }),
    "for somebody else": await sign({ sub: "p", aud: ["other"] }),
    "for nobody": await sign({ sub: "p" }),
    "expired": await sign({ sub: "p", aud: "game", exp: NOW / 1_000 - 31 }),
    "without an end": await sign({ sub: "p", aud: "game", exp: undefined }),
    "not yet good": await sign({
      sub: "p",
      aud: "game",
      nbf: NOW / 1_000 + 60,
    }),
    "by an unknown key": await sign({ sub: "p", aud: "game" }, {
      kid: "gone",
    }),
  };
  for (const [what, token] of Object.entries(tokens)) {
    // The last one is looked up, and rests the issuer.
    if (what === "by an unknown key") issuer.at(31_000);
    assert.equal(await issuer.ask(token), 401, what);
  }
});

Deno.test("A token without a player's id is answered 403", async () => {
  await using issuer = start(oidc());
  for (const sub of [undefined, "", "a\u0000b", "x".repeat(257)]) {
    assert.equal(await issuer.ask(await sign({ sub })), 403, String(sub));
  }
});

Deno.test("Clocks may be half a minute apart", async () => {
  await using issuer = start(oidc());
  const late = await sign({ sub: "p", exp: NOW / 1_000 - 29 });
  const early = await sign({ sub: "q", nbf: NOW / 1_000 + 29 });
  assert.equal(await issuer.ask(late), "p");
  assert.equal(await issuer.ask(early), "q");
});

Deno.test("A token is checked once, and no longer good when it has expired", async () => {
  let keys: readonly unknown[] = KEYS;
  await using issuer = start(oidc(), () => keys);
  const token = await sign({ sub: "p", exp: NOW / 1_000 + 60 });
  assert.equal(await issuer.ask(token), "p");
  keys = [];
  issuer.at(89_000);
  assert.equal(await issuer.ask(token), "p");
  assert.equal(issuer.lookups, 1);
  issuer.at(90_000);
  assert.equal(await issuer.ask(token), 401);
});

Deno.test("A new key of the issuer is found; while nobody can say, the answer is 503", async () => {
  let keys: readonly unknown[] = KEYS.slice(0, 1);
  await using issuer = start(oidc(), () => keys);
  assert.equal(await issuer.ask(await sign({ sub: "p" })), "p");
  keys = KEYS;
  const fresh = await sign({ sub: "q" }, {
    key: EC.privateKey,
    kid: "ec",
    alg: "ES256",
  });
  assert.equal(await issuer.ask(fresh), 503);
  issuer.at(30_000);
  assert.equal(await issuer.ask(fresh), "q");
});

Deno.test("Of Cognito, access tokens of the app client are taken, and no ID tokens", async () => {
  await using issuer = start(cognito(["app-1"]));
  const access = { sub: "p", token_use: "access", client_id: "app-1" };
  assert.equal(await issuer.ask(await sign(access)), "p");
  for (
    const claims of [
      { sub: "p", token_use: "id", aud: "app-1" },
      { ...access, token_use: "id" },
      { ...access, token_use: undefined },
      { ...access, client_id: "app-2" },
      { ...access, client_id: undefined, aud: "app-1" },
    ]
  ) {
    assert.equal(await issuer.ask(await sign(claims)), 401);
  }
});

Deno.test("A token comes with Bearer, without it, or in a cookie where that is asked for", () => {
  const from = (headers: Record<string, string>, cookie?: string) => {
    try {
      return tokenOf(new Headers(headers), cookie);
    } catch (error) {
      return (error as HttpProblem).status;
    }
  };
  assert.equal(from({ authorization: "Bearer a.b.c" }), "a.b.c");
  assert.equal(from({ authorization: "bearer  a.b.c" }), "a.b.c");
  assert.equal(from({ authorization: "a.b.c" }), "a.b.c");
  assert.equal(from({ cookie: "x=1; access_token=a.b.c" }), undefined);
  const cookie = { cookie: "x=1; access_token=a.b.c" };
  assert.equal(from(cookie, "access_token"), "a.b.c");
  assert.equal(from({}, "access_token"), undefined);
  for (const bad of ["Basic YTpi", "a.b", "a.b.c.d", "a b.c", "ü.b.c"]) {
    assert.equal(from({ authorization: bad }), 401, bad);
  }
  assert.equal(from({ authorization: `${"x".repeat(20_000)}.b.c` }), 401);
});

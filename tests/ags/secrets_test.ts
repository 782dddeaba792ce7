import assert from "node:assert/strict";
import { inspect } from "node:util";
import { createAgsClient } from "../../lib/ags/client.ts";
import { fulfillItem } from "../../lib/ags/platform.ts";
import { Secret } from "../../lib/config/secret.ts";
import { rejection, TOKEN } from "./_client.ts";
import { deadUrl, serve, serveBytes, type TestServer } from "./_server.ts";

const CLIENT_ID = "client-1";
const CLIENT_SECRET = "hunter2-correct-horse";
const ACCESS_TOKEN = "token-battery-staple";

/** What must not be seen, in all forms it is sent in. */
const HIDDEN = [
  CLIENT_SECRET,
  ACCESS_TOKEN,
  btoa(`${CLIENT_ID}:${CLIENT_SECRET}`),
  // As much of them as a parser's message would quote.
  CLIENT_SECRET.slice(0, 8),
  ACCESS_TOKEN.slice(0, 8),
];

/** Every text that can be reached from a value, whatever way it is printed. */
function textsOf(value: unknown, seen: Set<unknown> = new Set()): string[] {
  if (typeof value !== "object" || value === null) return [String(value)];
  if (seen.has(value)) return [];
  seen.add(value);
  const inner = Reflect.ownKeys(value).flatMap((key) => [
    String(key),
    ...textsOf(Reflect.get(value, key), seen),
  ]);
  return [
    String(value),
    JSON.stringify(value) ?? "",
    Deno.inspect(value, { depth: 20, showHidden: true }),
    inspect(value, { depth: 20, showHidden: true }),
    ...inner,
  ];
}

function assertNothingShown(value: unknown): void {
  for (const text of textsOf(value)) {
    for (const hidden of HIDDEN) {
      assert.ok(!text.includes(hidden), `Shown: ${text}`);
    }
  }
}

function options(baseUrl: string) {
  return {
    baseUrl,
    clientId: CLIENT_ID,
    clientSecret: new Secret(CLIENT_SECRET),
    namespace: "mygame",
    requestTimeout: 200,
    backoff: { maxAttempts: 2, random: () => 0 },
  };
}

/** The error of a grant, asked of an AGS that a test makes up. */
async function failedGrant(baseUrl: string): Promise<unknown> {
  using client = createAgsClient(options(baseUrl));
  const ags = client.bind({ signal: new AbortController().signal });
  return await rejection(fulfillItem(ags, { userId: "u1", itemId: "i1" }));
}

function serveGrant(
  answer: (request: Request) => Response | Promise<Response>,
): TestServer {
  return serve((request) =>
    new URL(request.url).pathname === TOKEN
      ? Response.json({ access_token: ACCESS_TOKEN, expires_in: 100 })
      : answer(request)
  );
}

Deno.test("the walk that looks for secrets finds them wherever they are", () => {
  const hiding = [
    new Error(CLIENT_SECRET),
    new Error("x", { cause: new Error("y", { cause: ACCESS_TOKEN }) }),
    Object.assign(new Error("x"), { headers: { a: [ACCESS_TOKEN] } }),
    Object.defineProperty(new Error("x"), "a", { value: CLIENT_SECRET }),
    new AggregateError([new Error(ACCESS_TOKEN)]),
  ];
  for (const value of hiding) assert.throws(() => assertNothingShown(value));
});

const LOGINS: readonly (readonly [string, () => Response])[] = [
  [
    "a refusal",
    () => Response.json({ error: "invalid_client" }, { status: 401 }),
  ],
  ["the token as plain text", () => new Response(ACCESS_TOKEN)],
  ["the token as a form", () => new Response(`access_token=${ACCESS_TOKEN}`)],
  ["broken JSON", () => new Response(`{"access_token":"${ACCESS_TOKEN}"x}`)],
  ["JSON that breaks off", () => new Response(`{"t":"${ACCESS_TOKEN}`)],
  ["no life", () => Response.json({ access_token: ACCESS_TOKEN })],
  [
    "a life in words",
    () => Response.json({ access_token: ACCESS_TOKEN, expires_in: "soon" }),
  ],
  [
    "a token of two lines",
    () => Response.json({ access_token: `${ACCESS_TOKEN}\n`, expires_in: 9 }),
  ],
  [
    "a token with a zero byte",
    () => Response.json({ access_token: `${ACCESS_TOKEN}\0`, expires_in: 9 }),
  ],
  [
    "a token that is no ASCII",
    () => Response.json({ access_token: `${ACCESS_TOKEN}€`, expires_in: 9 }),
  ],
];

for (const [what, answer] of LOGINS) {
  Deno.test(`a login that is answered ${what} shows no secret in its error`, async () => {
    await using server = serve(answer);
    assertNothingShown(await failedGrant(server.url));
  });
}

const GRANTS: readonly (readonly [string, () => Response])[] = [
  ["401", () => Response.json({ errorCode: 20001 }, { status: 401 })],
  ["403", () => Response.json({ errorCode: 20013 }, { status: 403 })],
  ["500", () => new Response("<html>", { status: 500 })],
  ["HTML", () => new Response("<html>")],
  ["a redirect", () => Response.redirect("http://127.0.0.1:9/", 302)],
  ["nothing", () => new Response(null, { status: 204 })],
  ["a wrong shape", () => Response.json({ entitlementSummaries: "no" })],
];

for (const [what, answer] of GRANTS) {
  Deno.test(`a grant that is answered ${what} shows no secret in its error`, async () => {
    await using server = serveGrant(answer);
    assertNothingShown(await failedGrant(server.url));
  });
}

Deno.test("a grant that is not answered shows no secret in its error", async () => {
  await using silent = serveGrant(() => new Promise<Response>(() => {}));
  await using closing = serveBytes(() => {});
  for (const url of [silent.url, closing.url, deadUrl()]) {
    assertNothingShown(await failedGrant(url));
  }
});

Deno.test("a client shows no secret, however it is printed", async () => {
  await using server = serveGrant(() => Response.json({}));
  using client = createAgsClient(options(server.url));
  const ags = client.bind({ signal: new AbortController().signal });
  await ags.request("GET", "/x");
  assertNothingShown(client);
  assertNothingShown(ags);
});

Deno.test("only the login is sent the secret, and only AGS's own paths the token", async () => {
  const sent: [string, string][] = [];
  await using server = serve((request) => {
    const { pathname } = new URL(request.url);
    sent.push([pathname, request.headers.get("authorization") ?? ""]);
    return pathname === TOKEN
      ? Response.json({ access_token: ACCESS_TOKEN, expires_in: 100 })
      : Response.json({});
  });
  using client = createAgsClient(options(server.url));
  const ags = client.bind({ signal: new AbortController().signal });
  await ags.request("GET", "/x");
  assert.deepEqual(sent, [
    [TOKEN, `Basic ${btoa(`${CLIENT_ID}:${CLIENT_SECRET}`)}`],
    ["/x", `Bearer ${ACCESS_TOKEN}`],
  ]);
});

import assert from "node:assert/strict";
import { Secret } from "../../lib/config/secret.ts";
import {
  apiDestination,
  type Destination,
  DestinationError,
  oauthClient,
  type OAuthClientAuth,
} from "../../lib/destinations/mod.ts";
import { type Api, type Arrived, contextOf, startApi } from "./_api.ts";

const SECRET = "s3cret/+&";

function destinationOf(
  api: Api,
  tokens: Api,
  more: Partial<OAuthClientAuth> = {},
): Destination {
  return apiDestination({
    url: api.url,
    allowPrivateAddresses: true,
    auth: oauthClient({
      tokenUrl: `${tokens.url}/token`,
      clientId: "client:1",
      clientSecret: new Secret(SECRET),
      parameters: { scope: "tickets:write" },
      ...more,
    }),
  });
}

/** Gives out tokens by number. */
function startTokens(more: object = {}): Api {
  let number = 0;
  return startApi(() =>
    Response.json({
      access_token: `token-${++number}`,
      expires_in: 3_600,
      ...more,
    })
  );
}

function tokenOf(request: Arrived | undefined): string | null | undefined {
  return request?.headers.get("authorization");
}

Deno.test("oauth: one token serves many requests, asked for once", async () => {
  await using tokens = startTokens();
  await using api = startApi();
  const shop = destinationOf(api, tokens);
  await Promise.all([1, 2, 3].map(() => shop(contextOf()).send()));
  await shop(contextOf()).send();
  assert.deepEqual(api.requests.map(tokenOf), Array(4).fill("Bearer token-1"));
  const [request] = tokens.requests;
  assert.equal(tokens.requests.length, 1);
  assert.equal(
    request?.body,
    "scope=tickets%3Awrite&grant_type=client_credentials",
  );
  assert.equal(
    tokenOf(request),
    `Basic ${btoa("client%3A1:s3cret%2F%2B%26")}`,
  );
});

Deno.test("oauth: says id and secret in the body where they are wanted there", async () => {
  await using tokens = startTokens();
  await using api = startApi();
  await destinationOf(api, tokens, { credentialsIn: "body" })(contextOf())
    .send();
  const form = new URLSearchParams(tokens.requests[0]?.body);
  assert.equal(form.get("client_secret"), SECRET);
  assert.equal(tokenOf(tokens.requests[0]), null);
});

Deno.test("oauth: a token that is refused is renewed once", async () => {
  await using tokens = startTokens();
  await using api = startApi((request) =>
    new Response(null, {
      status: tokenOf(request) === "Bearer token-1" ? 401 : 204,
    })
  );
  const shop = destinationOf(api, tokens);
  assert.equal((await shop(contextOf()).send()).status, 204);
  assert.equal(tokens.requests.length, 2);
  await using strict = startApi(() => new Response(null, { status: 401 }));
  await assert.rejects(
    destinationOf(strict, tokens)(contextOf()).send(),
    (error) =>
      error instanceof DestinationError && error.status === 401 &&
      !error.retryable,
  );
  assert.equal(strict.requests.length, 2);
});

Deno.test("oauth: a token is renewed before it ends", async () => {
  await using tokens = startTokens({ expires_in: 0.001 });
  await using api = startApi();
  const shop = destinationOf(api, tokens);
  await shop(contextOf()).send();
  // A life of less than a second counts as one.
  await new Promise((resolve) => setTimeout(resolve, 900));
  await shop(contextOf()).send();
  assert.deepEqual(api.requests.map(tokenOf), [
    "Bearer token-1",
    "Bearer token-2",
  ]);
});

Deno.test("oauth: without a token the event waits, and the server is left alone for a while", async () => {
  const answers: readonly (() => Response)[] = [
    () => Response.json({ error: "invalid_client" }, { status: 401 }),
    () => new Response("<html>", { status: 200 }),
    () => Response.json({ access_token: "a b\r\nc" }),
    () => Response.json({ access_token: "x".repeat(20_000) }),
    () => Response.json({ access_token: "x", expires_in: -1 }),
  ];
  for (const answer of answers) {
    await using tokens = startApi(answer);
    await using api = startApi();
    const shop = destinationOf(api, tokens);
    for (let time = 0; time < 2; time++) {
      await assert.rejects(shop(contextOf()).send(), (error) => {
        assert.ok(error instanceof DestinationError);
        assert.equal(error.retryable, true);
        assert.equal(error.isOutage, true);
        const shown = Deno.inspect(error, { depth: 10 });
        assert.ok(!shown.includes("s3cret") && !shown.includes("xxxx"), shown);
        return true;
      });
    }
    assert.equal(tokens.requests.length, 1);
    assert.equal(api.requests.length, 0);
  }
});

Deno.test("oauth: one event's end is not that of the others who wait for the token", async () => {
  const gate = Promise.withResolvers<Response>();
  await using tokens = startApi(() => gate.promise);
  await using api = startApi();
  const shop = destinationOf(api, tokens);
  const controller = new AbortController();
  const reason = new Error("Ended");
  const [first, second] = [
    shop(contextOf({ signal: controller.signal })).send(),
    shop(contextOf()).send(),
  ];
  controller.abort(reason);
  await assert.rejects(first, reason);
  gate.resolve(Response.json({ access_token: "late", expires_in: 60 }));
  assert.equal((await second).status, 200);
});

/**
 * An AGS stand-in that does as little as it can: it logs everybody in, grants
 * everything, and counts.
 *
 * A process of its own, started by `bench/main.ts`; it says its port on standard
 * output.
 *
 * @module
 */

import { type GrantRequest, JOURNAL_PATH, TOKEN } from "./scene.ts";

const JSON_ANSWER = { headers: { "content-type": "application/json" } };
const LOGIN = JSON.stringify({
  access_token: TOKEN,
  token_type: "Bearer",
  expires_in: 86_400,
});
const GRANTED = JSON.stringify({
  entitlementSummaries: [{ id: "bench-entitlement", clazz: "ENTITLEMENT" }],
});

/** Headers that a caller chooses; the others are its HTTP client's. */
const CHOSEN = ["accept", "authorization", "content-type"];

let grants = 0;
let kept: GrantRequest | undefined;

async function answer(request: Request): Promise<Response> {
  const { method, url } = request;
  const body = await request.text();
  if (url.endsWith("/fulfillment")) {
    grants++;
    // To write down every grant would cost more than to grant it.
    kept ??= describe(request, body);
    return new Response(GRANTED, JSON_ANSWER);
  }
  const { pathname } = new URL(url);
  if (pathname === JOURNAL_PATH) {
    const journal = { grants, kept };
    kept = undefined;
    return Response.json(journal);
  }
  if (method === "POST" && pathname === "/iam/v3/oauth/token") {
    return new Response(LOGIN, JSON_ANSWER);
  }
  return new Response(null, { status: 404 });
}

function describe(request: Request, body: string): GrantRequest {
  const { pathname, search } = new URL(request.url);
  return {
    method: request.method,
    path: `${pathname}${search}`,
    headers: Object.fromEntries(
      CHOSEN.map((name) => [name, request.headers.get(name) ?? ""]),
    ),
    body,
  };
}

Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => {
    Deno.stdout.writeSync(new TextEncoder().encode(`${port}\n`));
  },
}, answer);

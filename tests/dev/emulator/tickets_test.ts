import assert from "node:assert/strict";
import {
  startEmulator,
  ZENDESK_EMAIL,
  ZENDESK_TOKEN,
} from "../../../dev/emulator/mod.ts";

const AGENT = `Basic ${btoa(`${ZENDESK_EMAIL}/token:${ZENDESK_TOKEN}`)}`;

function open(url: string, headers: Record<string, string>, id: string) {
  return fetch(`${url}/api/v2/tickets.json`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({
      ticket: { external_id: id, subject: "S", comment: { body: "B" } },
    }),
  });
}

Deno.test("A ticket is opened once for each idempotency key, and found by its external id", async () => {
  await using emulator = await startEmulator();
  const headers = { authorization: AGENT, "idempotency-key": "k1" };
  for (const lookup of ["miss", "hit"]) {
    const response = await open(emulator.url, headers, "e1");
    assert.equal(response.status, 201);
    assert.equal(response.headers.get("x-idempotency-lookup"), lookup);
    assert.equal((await response.json()).ticket.id, 1);
  }
  const found = await fetch(
    `${emulator.url}/api/v2/tickets.json?external_id=e1`,
    { headers },
  );
  assert.equal((await found.json()).count, 1);
  assert.equal(emulator.tickets.all.length, 1);
});

Deno.test("Whoever is no agent opens no ticket", async () => {
  await using emulator = await startEmulator();
  const response = await open(
    emulator.url,
    { authorization: "Basic YTpi" },
    "e",
  );
  assert.equal(response.status, 401);
  await response.body?.cancel();
  assert.equal(emulator.tickets.all.length, 0);
});

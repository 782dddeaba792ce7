import assert from "node:assert/strict";
import { Secret } from "../../lib/config/secret.ts";
import {
  createTicket,
  DestinationError,
  zendesk,
} from "../../lib/destinations/mod.ts";
import { type Api, type Arrived, contextOf, startApi } from "./_api.ts";

function deskOf({ url }: Api) {
  return zendesk({
    url: `${url}/`,
    email: "agent@example.com",
    token: new Secret("token-1"),
    allowPrivateAddresses: true,
  });
}

/** A small Zendesk: one ticket for each idempotency key, as long as it remembers. */
function startZendesk() {
  const tickets: { readonly id: number; readonly external_id: string }[] = [];
  const keys = new Map<string, number>();
  const answer = ({ method, target, headers, body }: Arrived): Response => {
    if (method === "GET") {
      const id = new URLSearchParams(target.split("?")[1]).get("external_id");
      const found = tickets.filter(({ external_id }) => external_id === id);
      return Response.json({ tickets: found });
    }
    const key = headers.get("idempotency-key") ?? "";
    const { ticket } = JSON.parse(body);
    let id = keys.get(key);
    if (id === undefined) {
      id = tickets.length + 1;
      tickets.push({ ...ticket, id });
      keys.set(key, id);
    }
    return Response.json({ ticket: { id } }, { status: 201 });
  };
  return { api: startApi(answer), tickets, keys };
}

const TICKET = {
  id: "event-1",
  subject: "Loyalty purchase",
  body: "Item 9",
};

Deno.test("zendesk: opens a ticket with the fields it is told, and no others", async () => {
  const { api, tickets } = startZendesk();
  await using _api = api;
  const opened = await createTicket(deskOf(api)(contextOf()), {
    ...TICKET,
    tags: ["loyalty"],
    priority: "high",
    requester: { name: "Player", email: "p@example.com" },
    ...{ assignee_id: 1, status: "solved" },
  });
  assert.deepEqual(opened, { id: 1 });
  assert.deepEqual(tickets, [{
    id: 1,
    external_id: "event-1",
    subject: "Loyalty purchase",
    comment: { body: "Item 9", public: false },
    requester: { name: "Player", email: "p@example.com" },
    tags: ["loyalty"],
    priority: "high",
  }]);
  const [request] = api.requests;
  assert.equal(request?.target, "/api/v2/tickets.json");
  assert.equal(request.headers.get("idempotency-key"), "event-1");
  assert.equal(
    request.headers.get("authorization"),
    `Basic ${btoa("agent@example.com/token:token-1")}`,
  );
});

Deno.test("zendesk: an event has one ticket, even when the key is long forgotten", async () => {
  const { api, tickets, keys } = startZendesk();
  await using _api = api;
  const desk = deskOf(api);
  await createTicket(desk(contextOf()), TICKET);
  await createTicket(desk(contextOf()), TICKET);
  assert.equal(tickets.length, 1);
  keys.clear();
  const again = await createTicket(desk(contextOf({ attempt: 2 })), TICKET);
  assert.deepEqual(again, { id: 1 });
  assert.equal(tickets.length, 1);
  await createTicket(desk(contextOf({ attempt: 2 })), {
    ...TICKET,
    id: "event-2",
  });
  assert.equal(tickets.length, 2);
});

Deno.test("zendesk: cuts what is too long, never within a character", async () => {
  const { api, tickets } = startZendesk();
  await using _api = api;
  await createTicket(deskOf(api)(contextOf()), {
    id: "1",
    subject: `  two\r\nlines ${"x".repeat(139)}🎮🎮`,
    body: `${"🎮".repeat(6_000)}\ud800`,
  });
  const [{ subject = "", comment = { body: "" } } = {}] = tickets as readonly {
    readonly subject?: string;
    readonly comment?: { readonly body: string };
  }[];
  assert.ok(subject.startsWith("two lines x"), subject);
  assert.ok(subject.length <= 150 && subject.isWellFormed());
  assert.equal(comment.body, "🎮".repeat(5_000));
});

Deno.test("zendesk: a refusal is final, an answer without a ticket is not", async () => {
  const cases = [
    [() => new Response("Bad Request", { status: 400 }), false],
    [() => Response.json({ error: "RecordInvalid" }, { status: 422 }), false],
    [() => new Response(null, { status: 429 }), true],
    [() => Response.json({}, { status: 201 }), true],
    [() => new Response("<html>", { status: 200 }), true],
  ] as const;
  for (const [answer, retryable] of cases) {
    await using api = startApi(answer);
    await assert.rejects(
      createTicket(deskOf(api)(contextOf()), TICKET),
      (error) =>
        error instanceof DestinationError && error.retryable === retryable,
    );
  }
});

/**
 * A small Zendesk: tickets are opened and listed, once for each idempotency key.
 *
 * https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { z } from "zod";
import type { Answer } from "./errors.ts";
import { createBoundedMap } from "../../lib/core/bounded_map.ts";
import type { Call, Route } from "./router.ts";

/** The agent that may open tickets; it opens nothing but emulators. */
export const ZENDESK_EMAIL = "agent@emulator.example";
/** The API token of {@linkcode ZENDESK_EMAIL}. */
export const ZENDESK_TOKEN = "emulator-only";

/** A ticket. */
export interface EmulatedTicket {
  /** Its number. */
  readonly id: number;
  /** What it is called elsewhere: the event's id. */
  readonly external_id: string | null;
  /** One line. */
  readonly subject: string | null;
  /** The text of its first comment. */
  readonly description: string;
}

/** Tickets that were opened. */
export interface Tickets {
  /** All of them, oldest first. */
  readonly all: readonly EmulatedTicket[];
}

/** A desk where tickets are opened. */
export interface Desk extends Tickets {
  /** What opens and lists them. */
  readonly routes: readonly Route[];
  /** Forgets them. */
  clear(): void;
}

/** Tickets that are kept. */
const MAX_TICKETS = 10_000;

const NewTicket = z.object({
  ticket: z.object({
    subject: z.string().max(1_000).optional(),
    external_id: z.string().max(255).optional(),
    comment: z.object({ body: z.string().min(1) }),
  }),
});

/** Creates an empty desk. */
export function createTickets(): Desk {
  const tickets = createBoundedMap<EmulatedTicket>(MAX_TICKETS);
  /** What each idempotency key has opened. */
  const keys = createBoundedMap<EmulatedTicket>(MAX_TICKETS);
  const all = () => Array.from(tickets.entries(), ([, ticket]) => ticket);
  let last = 0;

  function create({ body, headers }: Call): Answer {
    const key = headers["idempotency-key"];
    const known = typeof key === "string" ? keys.get(key) : undefined;
    if (known !== undefined) return created(known, "hit");
    const parsed = NewTicket.safeParse(jsonOf(body));
    if (!parsed.success) {
      return { status: 422, body: { error: "RecordInvalid" } };
    }
    const { subject = null, external_id = null, comment } = parsed.data.ticket;
    const id = ++last;
    const ticket = { id, external_id, subject, description: comment.body };
    tickets.set(String(id), ticket);
    if (typeof key === "string") keys.set(key, ticket);
    return created(ticket, "miss");
  }

  function list({ query }: Call): Answer {
    const wanted = new URLSearchParams(query).get("external_id");
    const found = all().filter(({ external_id }) =>
      wanted === null || external_id === wanted
    );
    return { status: 200, body: { tickets: found, count: found.length } };
  }

  const route = (method: "GET" | "POST", template: string): Route => ({
    method,
    template,
    handle: (call) =>
      !isAgent(call.headers["authorization"])
        ? { status: 401, body: { error: "Couldn't authenticate you" } }
        : method === "POST"
        ? create(call)
        : list(call),
  });

  return {
    get all() {
      return all();
    },
    routes: ["/api/v2/tickets", "/api/v2/tickets.json"].flatMap((path) => [
      route("POST", path),
      route("GET", path),
    ]),
    clear() {
      tickets.clear();
      keys.clear();
    },
  };
}

function created(ticket: EmulatedTicket, lookup: string): Answer {
  return {
    status: 201,
    body: { ticket },
    headers: { "x-idempotency-lookup": lookup },
  };
}

/** Basic authentication, with the agent's address and `/token`. */
function isAgent(header: string | string[] | undefined): boolean {
  const text = typeof header === "string" ? header : "";
  const encoded = /^basic +([a-z0-9+/]+=*)$/i.exec(text)?.[1] ?? "";
  return Buffer.from(encoded, "base64").toString() ===
    `${ZENDESK_EMAIL}/token:${ZENDESK_TOKEN}`;
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

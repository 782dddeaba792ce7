/**
 * Zendesk: support tickets.
 *
 * @module
 */

import { z } from "zod";
import type { Config } from "../core/config.ts";
import type { Secret } from "../config/secret.ts";
import { apiDestination } from "./api_destination.ts";
import { basic } from "./auth.ts";
import type {
  ApiDestinationOptions,
  BoundDestination,
  Destination,
  DestinationAnswer,
} from "./destination.ts";
import { DestinationError } from "./errors.ts";

/** Options of {@linkcode zendesk}. */
export interface ZendeskOptions extends
  Pick<
    ApiDestinationOptions,
    "allowPrivateAddresses" | "ratePerSecond" | "rateLimit" | "timeout" | "ca"
  > {
  /** Its URL: `https://<subdomain>.zendesk.com`. */
  readonly url: string;
  /** The e-mail address of the agent who owns the token. */
  readonly email: string;
  /** An API token from Zendesk's Admin Center. */
  readonly token: Secret;
}

/**
 * Describes a studio's Zendesk.
 *
 * @param options The options, or a function of the settings.
 */
export function zendesk(
  options: ZendeskOptions | ((config: Config) => ZendeskOptions),
): Destination {
  return typeof options === "function"
    ? apiDestination((config) => optionsOf(options(config)))
    : apiDestination(optionsOf(options));
}

function optionsOf(
  { url, email, token, ...more }: ZendeskOptions,
): ApiDestinationOptions {
  return {
    // Zendesk's own limits on API requests are per minute, from 200 up.
    ratePerSecond: 10,
    ...more,
    url: `${url.replace(/\/+$/, "")}/api/v2`,
    name: "Zendesk",
    // With a token, the user is not a plain e-mail address.
    auth: basic({ user: `${email}/token`, password: token }),
  };
}

/** A ticket to open. */
export interface Ticket {
  /**
   * The ticket's external id at Zendesk: the event's id. There is one ticket
   * per id.
   */
  readonly id: string;
  /** One line. Truncated to 150 characters. */
  readonly subject: string;
  /** The text. Truncated to 10,000 characters. */
  readonly body: string;
  /** Whether the requester sees the text. @default {false} */
  readonly isPublic?: boolean;
  /** The requester. @default {the agent who owns the token} */
  readonly requester?: { readonly name: string; readonly email: string };
  /** Search tags, without spaces. */
  readonly tags?: readonly string[];
  /** The priority. @default {Zendesk's own} */
  readonly priority?: "low" | "normal" | "high" | "urgent";
}

/** An open ticket. */
export interface OpenTicket {
  /** Its Zendesk number. */
  readonly id: number;
}

const MAX_SUBJECT = 150;
const MAX_TEXT = 10_000;

const Created = z.object({ ticket: z.object({ id: z.number() }) });
const Listed = z.object({ tickets: z.array(z.object({ id: z.number() })) });

/**
 * Opens a ticket. Only the fields named here are set, so a client cannot choose
 * others, such as the assignee.
 *
 * Each event has one ticket: Zendesk recognises a repeated request by its
 * idempotency key for about two hours. A later run first searches for the
 * ticket by its external id.
 *
 * @example
 * ```ts
 * import { createTicket, zendesk } from "event-handler/destinations";
 *
 * // Of handlers/settings.ts: url, email, and the token as a secret.
 * const desk = zendesk((config) => config.zendesk);
 *
 * await createTicket(desk(ctx), {
 *   id: event.id,
 *   subject: "Loyalty purchase",
 *   body: `Player ${event.subject} bought item ${event.data.itemSku}`,
 * });
 * ```
 *
 * @param desk Zendesk, bound to the event.
 * @param ticket The ticket.
 * @throws {DestinationError} Zendesk refused, or could not be reached.
 */
export async function createTicket(
  desk: BoundDestination,
  ticket: Ticket,
): Promise<OpenTicket> {
  if (desk.attempt > 1) {
    const found = await findTicket(desk, ticket.id);
    if (found !== undefined) return found;
  }
  const answer = await desk.send({
    path: "/tickets.json",
    method: "POST",
    idempotencyKey: ticket.id,
    body: { ticket: fieldsOf(ticket) },
  });
  return { id: read(Created, answer).ticket.id };
}

async function findTicket(
  desk: BoundDestination,
  id: string,
): Promise<OpenTicket | undefined> {
  const answer = await desk.send({
    path: "/tickets.json",
    method: "GET",
    query: { external_id: id },
  });
  const [ticket] = read(Listed, answer).tickets;
  return ticket && { id: ticket.id };
}

function fieldsOf(ticket: Ticket): Readonly<Record<string, unknown>> {
  const { id, subject, body, isPublic = false, requester } = ticket;
  return {
    external_id: id,
    subject: cut(subject.replace(/\s+/g, " ").trim(), MAX_SUBJECT),
    comment: { body: cut(body, MAX_TEXT), public: isPublic },
    ...(requester && {
      requester: {
        name: cut(requester.name, MAX_SUBJECT),
        email: requester.email,
      },
    }),
    ...(ticket.tags && { tags: ticket.tags }),
    ...(ticket.priority && { priority: ticket.priority }),
  };
}

/** Truncates a text, never in the middle of a character. */
function cut(text: string, length: number): string {
  const short = text.toWellFormed().slice(0, length);
  return short.isWellFormed() ? short : short.slice(0, -1);
}

function read<T>(schema: z.ZodType<T>, { status, body }: DestinationAnswer): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new DestinationError(
    `Zendesk answered with ${status} and no ticket: expected its JSON`,
    { status, retryable: true },
  );
}

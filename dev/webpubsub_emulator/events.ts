/**
 * The events that Web PubSub tells upstreams of.
 *
 * @module
 */

import type { Connection } from "./connection.ts";
import { fromBody, type Payload, toBody } from "./message.ts";
import type { GroupEvent } from "./options.ts";
import {
  type OutgoingEvent,
  type Upstream,
  UpstreamFailure,
} from "./upstream.ts";

/** What a client says when it wants to connect. */
export interface ConnectRequest {
  /** The claims of its token. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Its query. */
  readonly query: URLSearchParams;
  /** Its headers. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The subprotocols that it offers. */
  readonly subprotocols: readonly string[];
}

/** What an upstream replies to a client. */
export interface Reply {
  /** What is sent; nothing if the body is empty. */
  readonly payload: Payload | undefined;
  /** Metadata that goes with it. */
  readonly metadata: Readonly<Record<string, string>> | undefined;
}

/**
 * Asks whether a client may connect, and does to the connection what the answer says.
 *
 * @returns The subprotocol that the upstream has chosen.
 * @throws {UpstreamFailure} It may not.
 */
export async function askToConnect(
  upstream: Upstream,
  connection: Connection,
  request: ConnectRequest,
): Promise<string | undefined> {
  const answer = await upstream.deliver(
    connection,
    jsonEvent("sys", "connect", {
      claims: lists(Object.entries(request.claims)),
      query: lists(
        Map.groupBy(request.query, ([name]) => name).entries()
          .map(([name, pairs]) =>
            [name, pairs.map(([, value]) => value)] as const
          )
          .filter(([name]) => name !== "access_token"),
      ),
      headers: lists(
        Object.entries(request.headers).filter(([name]) =>
          name !== "authorization" && !name.startsWith("x-asrs-internal-")
        ),
      ),
      subprotocols: request.subprotocols,
      clientCertificates: [],
    }),
  );
  if (answer === undefined) return undefined;
  const state = answer.headers.get("ce-connectionstate");
  if (state !== null) connection.state = state;
  if (answer.body.length === 0) return undefined;
  const { userId, groups, roles, subprotocol } = connectAnswerOf(answer.body);
  if (userId !== undefined) connection.userId = userId;
  // An empty list keeps those of the token, but leaves no roles.
  if (groups !== undefined && groups.length > 0) {
    connection.groups = new Set(groups);
  }
  if (roles !== undefined) connection.roles = new Set(roles);
  return subprotocol;
}

interface ConnectAnswer {
  readonly userId?: string | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly roles?: readonly string[] | undefined;
  readonly subprotocol?: string | undefined;
}

function connectAnswerOf(body: Uint8Array): ConnectAnswer {
  try {
    const answer = JSON.parse(new TextDecoder().decode(body));
    const list = (name: string, test: (each: unknown) => boolean) => {
      const value: unknown = answer[name] ?? undefined;
      if (value === undefined) return undefined;
      if (Array.isArray(value) && value.every(test)) return value as string[];
      throw new TypeError(`"${name}" is not a list of texts`);
    };
    const text = (name: string) => {
      const value: unknown = answer[name] ?? undefined;
      if (value === undefined || typeof value === "string") return value;
      throw new TypeError(`"${name}" is not a text`);
    };
    return {
      userId: text("userId"),
      groups: list(
        "groups",
        (each) => typeof each === "string" && each.trim() !== "",
      ),
      roles: list("roles", (each) => typeof each === "string"),
      subprotocol: text("subprotocol"),
    };
  } catch (cause) {
    throw new UpstreamFailure(500, "Answer to connect makes no sense", {
      cause,
    });
  }
}

/**
 * Tells of a user event.
 *
 * @returns What the upstream replies.
 * @throws {UpstreamFailure} It was not handled.
 */
export async function sendUserEvent(
  upstream: Upstream,
  connection: Connection,
  { name, payload, signal }: {
    readonly name: string;
    readonly payload: Payload;
    readonly signal: AbortSignal;
  },
): Promise<Reply> {
  const event: OutgoingEvent = { kind: "user", name, ...toBody(payload) };
  const answer = await upstream.deliver(connection, event, signal);
  if (answer === undefined) return { payload: undefined, metadata: undefined };
  const { headers, body } = answer;
  const metadata = metadataOf(headers);
  const reply = replyOf(headers.get("content-type"), body, metadata);
  // The state of an event that fails is not kept.
  const state = headers.get("ce-connectionstate");
  if (state !== null) connection.state = state;
  return { payload: reply, metadata };
}

function replyOf(
  contentType: string | null,
  body: Uint8Array<ArrayBuffer>,
  metadata: Readonly<Record<string, string>> | undefined,
): Payload | undefined {
  if (body.length === 0) {
    return metadata === undefined ? undefined : { dataType: "text", data: "" };
  }
  let payload: Payload | undefined;
  let cause: unknown;
  try {
    payload = fromBody(contentType, body);
  } catch (error) {
    cause = error;
  }
  if (payload !== undefined) return payload;
  throw new UpstreamFailure(500, "Answer is of no known type", { cause });
}

function metadataOf(
  headers: Headers,
): Readonly<Record<string, string>> | undefined {
  const prefix = "x-webpubsub-metadata-";
  const pairs = [...headers].filter(([name]) => name.startsWith(prefix))
    .map(([name, value]) => [
      name.slice(prefix.length),
      // Of several the last one counts.
      value.split(",").at(-1)?.trim() ?? "",
    ]);
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
}

/** Tells that a client is connected. */
export function tellConnected(
  upstream: Upstream,
  connection: Connection,
): void {
  upstream.notify(connection, jsonEvent("sys", "connected", {}));
}

/** Tells that a client is gone. */
export function tellDisconnected(
  upstream: Upstream,
  connection: Connection,
  reason: string,
): void {
  upstream.notify(connection, jsonEvent("sys", "disconnected", { reason }));
}

/** Tells who has joined or left a group. */
export function tellGroup(
  upstream: Upstream,
  connection: Connection,
  { event, group }: { readonly event: GroupEvent; readonly group: string },
): void {
  upstream.notify(connection, jsonEvent("gp", event, { group }));
}

function jsonEvent(
  kind: OutgoingEvent["kind"],
  name: string,
  data: unknown,
): OutgoingEvent {
  const body = new TextEncoder().encode(JSON.stringify(data));
  return { kind, name, contentType: "application/json", body };
}

/** Lists of texts by name. */
function lists(
  entries: Iterable<readonly [string, unknown]>,
): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Iterator.from(entries).filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, [value].flat().map(String)]),
  );
}

/**
 * What the conformance app does with each event, so that its answers can be checked
 * from outside.
 *
 * @module
 */

import { RetryableError, TerminalError } from "../../lib/core/errors.ts";
import {
  type ConnectAnswer,
  type ConnectData,
  ConnectionRefused,
  type ConnectionState,
  type ReadonlyConnectionState,
  reply,
  type UserAnswer,
  type UserEventData,
  type WebPubSubConnection,
} from "event-handler/web-pubsub";

/** What a handler that nobody waits for has seen. */
export interface Seen {
  readonly event: "connected" | "disconnected" | "joined" | "left";
  readonly reason?: string | undefined;
  readonly group?: string | undefined;
  readonly initiatedByClient?: boolean | undefined;
}

const seenBy = new Map<string, unknown[]>();
const runs = new Map<string, number>();

/** `webPubSub.connect`. */
export function connect(data: ConnectData): ConnectAnswer | void {
  const { query, claims, connection, mqtt, state } = data;
  const who = query["user"]?.[0] ?? claims["sub"]?.[0] ?? connection.userId ??
    "guest";
  switch (who) {
    case "reject":
      throw new ConnectionRefused(401, "no");
    case "banned":
      throw new ConnectionRefused(403, "banned", { mqtt: { code: 138 } });
    case "busy":
      throw new ConnectionRefused(429, "busy");
    case "crash":
      throw new Error("secret detail");
    case "quiet":
      return;
    case "stateful":
      state.set("key", "next_state");
      return { userId: who };
  }
  return {
    userId: who,
    groups: ["foo", "bar"],
    roles: ["webpubsub.sendToGroup"],
    ...(data.subprotocols.includes("protocol1")
      ? { subprotocol: "protocol1" }
      : {}),
    ...(mqtt ?? connection.mqtt
      ? { mqtt: { userProperties: [{ name: "a", value: "b" }] } }
      : {}),
  };
}

/** `webPubSub.message`. */
export function message(data: UserEventData): UserAnswer {
  return data.dataType === "text" ? command(data.content, data) : echo(data);
}

/** `webPubSub.user.order`. */
export function order(data: UserEventData): UserAnswer {
  return data.dataType === "json" ? { received: data.content } : echo(data);
}

/** The events that nobody waits for. */
export function notified(
  seen: Seen,
  connection: WebPubSubConnection,
  state: ReadonlyConnectionState,
): void {
  const list = seenBy.get(connection.id) ?? [];
  list.push({ ...seen, states: Object.fromEntries(state.entries()) });
  seenBy.set(connection.id, list);
}

/** `webPubSub.connected`. */
export async function connected(
  connection: WebPubSubConnection,
  state: ReadonlyConnectionState,
  signal: AbortSignal,
): Promise<void> {
  notified({ event: "connected" }, connection, state);
  if (connection.userId === "throws") throw new Error("secret detail");
  if (connection.userId === "hangs") {
    await new Promise((resolve) =>
      signal.addEventListener("abort", resolve, { once: true })
    );
  }
}

/** `webPubSub.disconnected`. */
export function disconnected(
  connection: WebPubSubConnection,
  state: ReadonlyConnectionState,
  seen: Omit<Seen, "event">,
): void {
  notified({ event: "disconnected", ...seen }, connection, state);
  // Where the type forbids it: whoever casts must not get through either.
  (state as Partial<ConnectionState>).set?.("x", "y");
}

function echo(data: UserEventData): UserAnswer {
  const { dataType, content } = data;
  return dataType === "binary"
    ? reply(content, { dataType, contentType: data.contentType })
    : reply(content, { dataType });
}

function command(text: string, data: UserEventData): UserAnswer {
  const { connection, state } = data;
  const [verb = "", name = "", ...rest] = text.split(" ");
  switch (verb) {
    case "set":
      state.set(name, rest.join(" "));
      return "ok";
    case "get":
      return String(state.get(name));
    case "del":
      state.delete(name);
      return "ok";
    case "once": {
      const count = (runs.get(name) ?? 0) + 1;
      runs.set(name, count);
      return String(count);
    }
    case "seen":
      return seenBy.get(name) ?? [];
  }
  switch (text) {
    case "nothing":
      return;
    case "json":
      return { ok: true, n: 1 };
    case "bytes":
      return Uint8Array.of(0, 0xff, 1);
    case "clear":
      state.clear();
      return "ok";
    case "states":
      return Object.fromEntries(state.entries());
    case "whoami": {
      const { userId, hub, id: connectionId, subprotocol, origin } = connection;
      const { dataType } = data;
      return { userId, hub, connectionId, subprotocol, origin, dataType };
    }
    case "fail":
      throw new TerminalError("secret detail");
    case "retry":
      throw new RetryableError("secret detail");
    case "crash":
      throw new Error("secret detail");
    default:
      return text;
  }
}

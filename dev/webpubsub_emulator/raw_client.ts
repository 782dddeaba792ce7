/**
 * Clients without a subprotocol of Web PubSub's: each frame is an event `message`, or
 * goes to a group.
 *
 * @module
 */

import type { Connection } from "./connection.ts";
import { EventQueue } from "./event_queue.ts";
import { sendUserEvent } from "./events.ts";
import type { Hubs } from "./hubs.ts";
import type { Message, Payload } from "./message.ts";
import { allows } from "./roles.ts";
import type { Upstream } from "./upstream.ts";
import type { Frame, Protocol, Wire } from "./wire.ts";

/** Where frames go that are not for the upstream. */
export interface RawMode {
  /** The group. */
  readonly group: string;
  /** Whether the sender gets nothing of it. */
  readonly noEcho: boolean;
}

/** Options of {@linkcode RawClient}. */
export interface RawClientOptions {
  /** The connection. */
  readonly connection: Connection;
  /** Its WebSocket. */
  readonly wire: Wire;
  /** Who else is connected. */
  readonly hubs: Hubs;
  /** Where events go. */
  readonly upstream: Upstream;
  /** Set if frames go to a group. */
  readonly mode: RawMode | undefined;
}

/** A client without a subprotocol. */
export class RawClient implements Protocol {
  readonly #options: RawClientOptions;
  readonly #queue = new EventQueue();

  /** Sends nothing yet. */
  constructor(options: RawClientOptions) {
    this.#options = options;
  }

  opened(): void {
    const { connection, mode, wire } = this.#options;
    if (mode === undefined) return;
    if (!allows(connection.roles, "sendToGroup", mode.group)) {
      wire.close(1008, "Not allowed to send to the group");
    }
  }

  received(frame: Frame): void {
    const { connection, hubs, mode, wire } = this.#options;
    const payload: Payload = typeof frame === "string"
      ? { dataType: "text", data: frame }
      : { dataType: "binary", data: frame };
    if (mode === undefined) {
      if (!this.#queue.push(() => this.#deliver(payload))) {
        wire.close(1008, "Too many messages");
      }
      return;
    }
    const { group, noEcho } = mode;
    const fromUserId = connection.userId;
    for (
      const each of hubs.find(connection.hub, ({ groups }) => groups.has(group))
    ) {
      if (noEcho && each === connection) continue;
      each.outlet?.send({ ...payload, from: "group", group, fromUserId });
    }
  }

  encode({ dataType, data }: Message): Frame {
    switch (dataType) {
      case "text":
        return data;
      case "json":
        return JSON.stringify(data);
      default:
        return data;
    }
  }

  closing(): undefined {}

  async #deliver(payload: Payload): Promise<void> {
    const { connection, upstream, wire } = this.#options;
    const { signal } = connection;
    if (signal.aborted) return;
    try {
      const reply = await sendUserEvent(upstream, connection, {
        name: "message",
        payload,
        signal,
      });
      if (reply.payload === undefined) return;
      connection.outlet?.send({ ...reply.payload, from: "server" });
    } catch {
      // Why is in what was printed, and nothing for the client.
      wire.close(1011, "Message could not be handled");
    }
  }
}

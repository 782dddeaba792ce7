/**
 * Clients that speak `json.webpubsub.azure.v1` or its reliable form.
 *
 * @module
 */

import type { Connection } from "./connection.ts";
import { EventQueue } from "./event_queue.ts";
import { type Reply, sendUserEvent } from "./events.ts";
import type { Hubs } from "./hubs.ts";
import {
  type ClientFrame,
  type EventFrame,
  type InvokeFrame,
  readFrame,
  type SendToGroupFrame,
} from "./json_frames.ts";
import { type Message, toFrameData } from "./message.ts";
import { allows } from "./roles.ts";
import type { Upstream } from "./upstream.ts";
import type { Frame, Protocol, Wire } from "./wire.ts";

/** Options of {@linkcode JsonClient}. */
export interface JsonClientOptions {
  /** The connection. */
  readonly connection: Connection;
  /** Its WebSocket. */
  readonly wire: Wire;
  /** Who else is connected. */
  readonly hubs: Hubs;
  /** Where events go. */
  readonly upstream: Upstream;
  /** Makes the token with which it can come back; only a reliable client can. */
  readonly reconnectionToken: (() => string) | undefined;
  /** Hears what the client has got. */
  readonly onSequenceAck: (sequenceId: number) => void;
}

/** Most ids of acknowledged requests that are remembered. */
const MAX_ACKS = 10_000;

interface Failure {
  readonly name: "Forbidden" | "InternalServerError" | "Duplicate";
  readonly message: string;
}

/** A client that speaks JSON. */
export class JsonClient implements Protocol {
  readonly #options: JsonClientOptions;
  readonly #queue = new EventQueue();
  readonly #acknowledged = new Set<number>();
  readonly #invocations = new Map<string, AbortController>();

  /** Sends nothing yet. */
  constructor(options: JsonClientOptions) {
    this.#options = options;
  }

  opened(): void {
    const { connection: { id, userId }, reconnectionToken } = this.#options;
    this.#send({
      type: "system",
      event: "connected",
      userId,
      connectionId: id,
      reconnectionToken: reconnectionToken?.(),
    });
  }

  received(data: Frame): void {
    const { wire } = this.#options;
    if (typeof data !== "string") {
      return wire.close(1003, "Binary frames are not taken");
    }
    let frame: ClientFrame;
    try {
      frame = readFrame(data);
    } catch {
      return wire.close(1007, "Frame is not one of the subprotocol");
    }
    this.#handle(frame);
  }

  encode(message: Message, sequenceId?: number): Frame {
    const { from, group, fromUserId, dataType, metadata } = message;
    return JSON.stringify({
      type: "message",
      from,
      group,
      fromUserId,
      dataType,
      data: toFrameData(message),
      metadata,
      sequenceId,
    });
  }

  closing(message: string): Frame {
    return JSON.stringify({ type: "system", event: "disconnected", message });
  }

  #handle(frame: ClientFrame): void {
    const { connection, hubs } = this.#options;
    switch (frame.type) {
      case "ping":
        return this.#send({ type: "pong" });
      case "sequenceAck":
        return this.#options.onSequenceAck(frame.sequenceId);
      case "cancelInvocation":
        return this.#invocations.get(frame.invocationId)?.abort();
      case "joinGroup":
        return this.#once(
          frame.ackId,
          "joinLeaveGroup",
          frame.group,
          () => hubs.join(connection, frame.group),
        );
      case "leaveGroup":
        return this.#once(
          frame.ackId,
          "joinLeaveGroup",
          frame.group,
          () => hubs.leave(connection, frame.group),
        );
      case "sendToGroup":
        return this.#once(
          frame.ackId,
          "sendToGroup",
          frame.group,
          () => this.#sendToGroup(frame),
        );
      case "event":
        return this.#queueEvent(frame);
      case "invoke":
        return this.#queueInvocation(frame);
    }
  }

  #sendToGroup({ group, noEcho, payload, ttlSeconds }: SendToGroupFrame): void {
    const { connection, hubs } = this.#options;
    const message: Message = {
      ...payload,
      from: "group",
      group,
      fromUserId: connection.userId,
      ...(ttlSeconds > 0 ? { expiresAt: Date.now() + ttlSeconds * 1_000 } : {}),
    };
    for (
      const each of hubs.find(connection.hub, ({ groups }) => groups.has(group))
    ) {
      if (!(noEcho && each === connection)) each.outlet?.send(message);
    }
  }

  #queueEvent({ name, payload, ackId }: EventFrame): void {
    if (this.#isDuplicate(ackId)) return;
    const { connection, upstream } = this.#options;
    this.#push(async () => {
      const { signal } = connection;
      if (signal.aborted) return;
      try {
        const event = { name, payload, signal };
        const reply = await sendUserEvent(upstream, connection, event);
        this.#reply(reply);
        this.#ack(ackId);
      } catch {
        this.#ack(ackId, failed("Event could not be handled"));
      }
    });
  }

  #reply({ payload, metadata }: Reply): void {
    if (payload === undefined) return;
    this.#options.connection.outlet?.send({
      ...payload,
      from: "server",
      metadata,
    });
  }

  #queueInvocation({ invocationId, name, payload }: InvokeFrame): void {
    const { connection, upstream } = this.#options;
    const aborter = new AbortController();
    this.#invocations.set(invocationId, aborter);
    this.#push(async () => {
      const signal = AbortSignal.any([connection.signal, aborter.signal]);
      const answer = { type: "invokeResponse", invocationId };
      try {
        signal.throwIfAborted();
        const event = { name, payload, signal };
        const reply = await sendUserEvent(upstream, connection, event);
        this.#send({
          ...answer,
          success: true,
          dataType: reply.payload?.dataType,
          data: reply.payload && toFrameData(reply.payload),
        });
      } catch {
        const error = failed("Invocation could not be handled");
        this.#send({ ...answer, success: false, error });
      } finally {
        this.#invocations.delete(invocationId);
      }
    });
  }

  #push(task: () => Promise<void>): void {
    if (!this.#queue.push(task)) {
      this.#options.wire.close(1008, "Too many events");
    }
  }

  /** Does something with a group, if the client may and has not done it before. */
  #once(
    ackId: number | undefined,
    permission: "joinLeaveGroup" | "sendToGroup",
    group: string,
    run: () => void,
  ): void {
    if (this.#isDuplicate(ackId)) return;
    if (!allows(this.#options.connection.roles, permission, group)) {
      const message =
        `The client does not have permission to use group '${group}'`;
      return this.#ack(ackId, { name: "Forbidden", message });
    }
    run();
    this.#ack(ackId);
  }

  #isDuplicate(ackId: number | undefined): boolean {
    if (ackId === undefined) return false;
    if (this.#acknowledged.has(ackId)) {
      const message = `Message with ack-id: ${ackId} has been processed`;
      this.#sendAck(ackId, { name: "Duplicate", message });
      return true;
    }
    const [oldest] = this.#acknowledged;
    if (this.#acknowledged.size >= MAX_ACKS && oldest !== undefined) {
      this.#acknowledged.delete(oldest);
    }
    this.#acknowledged.add(ackId);
    return false;
  }

  #ack(ackId: number | undefined, error?: Failure): void {
    if (ackId === undefined) return;
    // What has failed may come again under its id.
    if (error !== undefined) this.#acknowledged.delete(ackId);
    this.#sendAck(ackId, error);
  }

  #sendAck(ackId: number, error?: Failure): void {
    this.#send({ type: "ack", ackId, success: error === undefined, error });
  }

  #send(frame: unknown): void {
    this.#options.wire.send(JSON.stringify(frame));
  }
}

function failed(message: string): Failure {
  return { name: "InternalServerError", message };
}

/**
 * Publishes messages through the sidecar that AGS runs beside each Extend app.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import * as grpc from "@grpc/grpc-js";
import type { Logger } from "../core/context.ts";
import { DeadlineError, TerminalError } from "../core/errors.ts";
import type { Lease } from "../core/lease.ts";
import { parsePushback } from "../core/peer_delay.ts";
import { exactJsonOf } from "../core/exact_json.ts";
import { sleep } from "../core/async.ts";
import {
  type Messaging,
  PublishError,
  type PublishOptions,
} from "../core/messaging.ts";
import { MESSAGE_ID } from "../events/open_events.ts";
import { readProtoFiles } from "../events/proto_files.ts";
import { methodsOf } from "./service_definition.ts";
import { guardSessions } from "./session_guard.ts";

/** The state after a failed attempt to publish. */
export interface FailedPublish {
  /** The number of attempts, from 1. */
  readonly attempt: number;
  /** Milliseconds left until the deadline. */
  readonly timeLeft: number;
  /** Milliseconds that the sidecar asked to wait, at most a minute. */
  readonly retryAfter: number | undefined;
}

/** Options of {@linkcode createPublisher}. */
export interface PublisherOptions {
  /** Absolute path of the proto folder. */
  readonly protoFolder: string;
  /** The sidecar's local port. */
  readonly port: number;
  /** Milliseconds before the next attempt; `undefined` to stop. */
  readonly nextDelay: (failed: FailedPublish) => number | undefined;
  /** Logs the sidecar's status messages, at `debug`. @default {none} */
  readonly log?: Logger;
}

/** The event that publishing is bound to. */
export interface PublishBinding {
  /** Aborts with the event. */
  readonly signal: AbortSignal;
  /** The event's deadline: epoch milliseconds. */
  readonly deadline?: number | undefined;
  /** The lease to confirm right before each request. @default {none} */
  readonly lease?: Lease | undefined;
}

/** A publisher. Disposing closes its connection. */
export interface Publisher extends Disposable {
  /** Publishing for one event. */
  bind(binding: PublishBinding): Messaging;
}

const FILE =
  "accelbyte-asyncapi/extend/async_messaging/publisher_service.proto";
const SERVICE =
  "accelbyte.extend.async_messaging.AsyncMessagingPublisherService";

/** Time limit for one request if the event has no deadline, in milliseconds. */
const REQUEST_TIMEOUT = 10_000;

/**
 * The minimum and maximum delay before reconnecting, in milliseconds. They are
 * short, because the sidecar is on the same machine and every message fails
 * until then.
 */
const RECONNECT = { min: 50, max: 250 };

/**
 * Statuses after which a retry can succeed: the sidecar is starting, busy, or
 * lost its own connection.
 */
const RETRYABLE: ReadonlySet<grpc.status> = new Set([
  grpc.status.CANCELLED,
  grpc.status.UNKNOWN,
  grpc.status.DEADLINE_EXCEEDED,
  grpc.status.RESOURCE_EXHAUSTED,
  grpc.status.ABORTED,
  grpc.status.INTERNAL,
  grpc.status.UNAVAILABLE,
]);

/** gRPC's pushback metadata (gRFC A6). */
const PUSHBACK = "grpc-retry-pushback-ms";

/** Proto file and connection, created for the first message. */
interface Connection {
  readonly client: grpc.Client;
  readonly method: grpc.MethodDefinition<object, object>;
}

/**
 * Creates a publisher. It reads and connects to nothing before the first
 * message.
 */
export function createPublisher(options: PublisherOptions): Publisher {
  const { protoFolder, port, nextDelay, log } = options;
  let connection: Connection | undefined;

  function connect(): Connection {
    guardSessions();
    const { root } = readProtoFiles(protoFolder, [FILE]);
    const { PublishMessage } = methodsOf(root.lookupService(SERVICE));
    if (PublishMessage === undefined) {
      throw new TypeError(`Service ${SERVICE} has no PublishMessage`);
    }
    return {
      method: PublishMessage,
      client: new grpc.Client(
        // An address instead of a name: no resolution, and no proxy.
        `127.0.0.1:${port}`,
        grpc.credentials.createInsecure(),
        {
          "grpc.enable_channelz": 0,
          "grpc.enable_http_proxy": 0,
          "grpc.use_local_subchannel_pool": 1,
          "grpc.initial_reconnect_backoff_ms": RECONNECT.min,
          "grpc.max_reconnect_backoff_ms": RECONNECT.max,
        },
      ),
    };
  }

  /**
   * One request. Resolves with `undefined` if the sidecar accepted the message.
   */
  function send(
    request: object,
    { signal, deadline = Date.now() + REQUEST_TIMEOUT }: PublishBinding,
  ): Promise<grpc.ServiceError | undefined> {
    signal.throwIfAborted();
    const { client, method } = connection ??= connect();
    return new Promise((resolve) => {
      const call = client.makeUnaryRequest(
        method.path,
        method.requestSerialize as (message: object) => Buffer,
        method.responseDeserialize,
        request,
        { deadline },
        (error) => {
          signal.removeEventListener("abort", onAbort);
          resolve(error ?? undefined);
        },
      );
      const onAbort = () => call.cancel();
      signal.addEventListener("abort", onAbort);
    });
  }

  async function publish(request: Message, binding: PublishBinding) {
    const { signal, deadline = Infinity, lease } = binding;
    for (let attempt = 1;; attempt++) {
      const asked = lease?.confirm();
      if (asked !== undefined) await asked;
      const error = await send(request, binding);
      if (error === undefined) return;
      signal.throwIfAborted();
      const { topic } = request;
      const code = grpc.status[error.code] ?? "UNKNOWN";
      log?.debug("Message was not published", {
        topic,
        code,
        details: error.details,
        attempt,
      });
      const retryable = RETRYABLE.has(error.code);
      const pushback = parsePushback(error.metadata.get(PUSHBACK));
      const timeLeft = deadline - Date.now();
      if (timeLeft <= 0) {
        throw new DeadlineError("Event's deadline passed while publishing");
      }
      // "never" concerns this request, not the event, which is delivered again.
      const delay = retryable && pushback !== "never"
        ? nextDelay({ attempt, timeLeft, retryAfter: pushback })
        : undefined;
      if (delay === undefined) {
        throw new PublishError(
          `Message on topic "${topic}" was not published: ${
            isUnreached(error)
              ? `nothing answers at 127.0.0.1:${port}`
              : `the sidecar answered ${code}`
          }`,
          {
            topic,
            code,
            retryable,
            ...(typeof pushback === "number" && { retryAfter: pushback }),
          },
        );
      }
      await sleep(delay, signal);
    }
  }

  return {
    bind: (binding) => ({
      async publish(topic, body, asked = {}) {
        const request = messageOf(topic, body, asked);
        const own = asked.signal;
        if (own === undefined) return await publish(request, binding);
        const signal = AbortSignal.any([binding.signal, own]);
        try {
          await publish(request, { ...binding, signal });
        } catch (cause) {
          if (!own.aborted || binding.signal.aborted) throw cause;
          throw new PublishError(
            `Message on topic "${topic}" was not published: aborted by the handler's own signal`,
            { topic, code: "CANCELLED", retryable: true, cause },
          );
        }
      },
    }),
    [Symbol.dispose]() {
      connection?.client.close();
      connection = undefined;
    },
  };
}

/** A message for a topic. */
export interface Message {
  /** The topic. */
  readonly topic: string;
  /** Its text. */
  readonly body: string;
  /** Its metadata. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Builds the message to send.
 *
 * @throws {TerminalError} The topic is empty, or the body is not JSON.
 */
export function messageOf(
  topic: string,
  body: string | object,
  { metadata = {} }: PublishOptions,
): Message {
  if (topic === "") {
    throw new TerminalError("Topic is empty: expected the name of a topic");
  }
  // One id for all attempts, because the first one may have arrived without an
  // answer.
  const id = Object.hasOwn(metadata, MESSAGE_ID)
    ? {}
    : { [MESSAGE_ID]: crypto.randomUUID() };
  return { topic, body: textOf(body), metadata: { ...metadata, ...id } };
}

function textOf(body: string | object): string {
  if (typeof body === "string") return body;
  let text: string | undefined;
  try {
    text = exactJsonOf(body);
  } catch (cause) {
    throw new TerminalError("Body of the message is not JSON", { cause });
  }
  // A function, or an object whose toJSON() returns undefined.
  if (text === undefined) {
    throw new TerminalError("Body of the message is not JSON");
  }
  return text;
}

/** Whether grpc-js itself refused, recognised by its text. */
function isUnreached({ code, details }: grpc.ServiceError): boolean {
  return code === grpc.status.UNAVAILABLE &&
    details.startsWith("No connection established");
}

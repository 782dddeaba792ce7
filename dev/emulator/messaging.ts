/**
 * The publisher's sidecar, as AGS runs it beside each app: takes messages, and has
 * them delivered to the app that is developed, as if it were subscribed to each topic.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import * as grpc from "@grpc/grpc-js";
import { readProtoFiles } from "../../lib/events/proto_files.ts";
import { methodsOf } from "../../lib/grpc/service_definition.ts";
import { endSessions, guardSessions } from "../../lib/grpc/session_guard.ts";
import { createRing } from "./ring.ts";

/** A message, as it was published. */
export interface PublishedMessage {
  /** The topic. */
  readonly topic: string;
  /** The text. */
  readonly body: string;
  /** Text beside it. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Options of {@linkcode startMessaging}. */
export interface MessagingOptions {
  /** Absolute path of the proto folder. */
  readonly protoFolder: string;
  /** Port to listen on; 0 takes any free one. */
  readonly port: number;
  /** Told of each message, and of each that was not delivered. */
  readonly print: (line: string) => void;
  /** Milliseconds before a message is delivered again. @default {1000} */
  readonly redeliverAfter?: number;
}

/** A running sidecar. Disposing ends it, and what is being delivered. */
export interface Messaging extends AsyncDisposable {
  /** Where it listens. */
  readonly port: number;
  /** The newest messages, oldest first. */
  published(): readonly PublishedMessage[];
  /** Delivers messages to the app at this port from now on. */
  deliverTo(grpcPort: number): void;
}

const FOLDER = "accelbyte-asyncapi/extend/async_messaging";
const PACKAGE = "accelbyte.extend.async_messaging";

/** Messages kept to be looked at. */
const KEPT = 1_000;
/** Messages under way at once; more are refused, as by a queue that is full. */
const MAX_UNDER_WAY = 1_000;
/** How often a message is delivered, until it is given up. */
const MAX_DELIVERIES = 5;
/** Time for one delivery, in milliseconds. */
const DELIVERY_TIMEOUT = 60_000;
/** Longest part of a body that is printed. */
const MAX_SHOWN = 200;

/** Answers after which AGS delivers again. */
const REDELIVERED: ReadonlySet<grpc.status> = new Set([
  grpc.status.UNAVAILABLE,
  grpc.status.RESOURCE_EXHAUSTED,
  grpc.status.INTERNAL,
  grpc.status.UNKNOWN,
  grpc.status.DEADLINE_EXCEEDED,
]);

/**
 * Starts the sidecar.
 *
 * @throws {Error} The port cannot be opened.
 */
export async function startMessaging(
  options: MessagingOptions,
): Promise<Messaging> {
  const { protoFolder, print, redeliverAfter = 1_000 } = options;
  guardSessions();
  const { root } = readProtoFiles(protoFolder, [
    `${FOLDER}/publisher_service.proto`,
    `${FOLDER}/consumer_service.proto`,
  ]);
  const methods = (name: string) =>
    methodsOf(root.lookupService(`${PACKAGE}.${name}`));
  const { onMessage } = methods("AsyncMessagingConsumerService");
  if (onMessage === undefined) throw new TypeError("Consumer has no onMessage");
  const kept = createRing<PublishedMessage>(KEPT);
  const ended = new AbortController();
  let consumer: grpc.Client | undefined;
  let underWay = 0;

  function publish(
    { request }: grpc.ServerUnaryCall<Partial<PublishedMessage>, object>,
    answer: grpc.sendUnaryData<object>,
  ): void {
    const { topic = "", body = "", metadata = {} } = request;
    if (topic === "") {
      answer({
        code: grpc.status.INVALID_ARGUMENT,
        details: "Topic is empty",
      });
      return;
    }
    if (underWay >= MAX_UNDER_WAY) {
      answer({
        code: grpc.status.RESOURCE_EXHAUSTED,
        details: "Too many messages are under way",
      });
      return;
    }
    const message = { topic, body, metadata };
    kept.push(message);
    print(`Message published on "${topic}": ${shown(body)}`);
    answer(null, {});
    underWay++;
    deliver(message).finally(() => underWay--);
  }

  async function deliver(message: PublishedMessage): Promise<void> {
    const metadata = {
      ...message.metadata,
      SentTimestamp: String(Date.now()),
    };
    for (let delivery = 1; !ended.signal.aborted; delivery++) {
      const status = await send({ ...message, metadata });
      if (status === grpc.status.OK || ended.signal.aborted) return;
      const isOver = !REDELIVERED.has(status) || delivery === MAX_DELIVERIES;
      print(
        `Message on "${message.topic}" was not delivered: ${why(status)}` +
          (isOver ? "" : ": comes again"),
      );
      if (isOver) return;
      await sleep(redeliverAfter * 2 ** (delivery - 1), ended.signal);
    }
  }

  function send(message: object): Promise<grpc.status> {
    const { path, requestSerialize, responseDeserialize } = onMessage!;
    return new Promise((resolve) => {
      if (consumer === undefined) return resolve(grpc.status.UNAVAILABLE);
      consumer.makeUnaryRequest(
        path,
        requestSerialize as (message: object) => Buffer,
        responseDeserialize,
        message,
        { deadline: Date.now() + DELIVERY_TIMEOUT },
        (error) => resolve(error?.code ?? grpc.status.OK),
      );
    });
  }

  const server = new grpc.Server({ "grpc.enable_channelz": 0 });
  server.addService(methods("AsyncMessagingPublisherService"), {
    PublishMessage: publish,
  });
  const port = await bind(server, options.port);

  return {
    port,
    published: () => kept.after(0),
    deliverTo(grpcPort) {
      consumer?.close();
      consumer = new grpc.Client(
        `127.0.0.1:${grpcPort}`,
        grpc.credentials.createInsecure(),
        {
          "grpc.enable_channelz": 0,
          "grpc.use_local_subchannel_pool": 1,
          // The service is on this machine, whatever the environment says of proxies.
          "grpc.enable_http_proxy": 0,
        },
      );
    },
    [Symbol.asyncDispose]() {
      ended.abort();
      consumer?.close();
      server.forceShutdown();
      // Without channelz, it leaves the connections open.
      endSessions(port);
      return Promise.resolve();
    },
  };
}

function why(status: grpc.status): string {
  return status === grpc.status.UNIMPLEMENTED
    ? "the app has no handler of messages"
    : `the app answered ${grpc.status[status]}`;
}

function shown(body: string): string {
  return body.length > MAX_SHOWN ? `${body.slice(0, MAX_SHOWN)}…` : body;
}

function bind(server: grpc.Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(
      `127.0.0.1:${port}`,
      grpc.ServerCredentials.createInsecure(),
      (error, bound) => error === null ? resolve(bound) : reject(error),
    );
  });
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}

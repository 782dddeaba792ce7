/**
 * The service with handlers of a test, a caller, and the sidecar it publishes to.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import * as grpc from "@grpc/grpc-js";
import protobuf from "protobufjs";
import type { Config } from "../../lib/core/config.ts";
import type { Handler } from "../../lib/core/on.ts";
import { type Service, startService } from "../../lib/service.ts";
import { testConfig } from "../_support/config.ts";
import { type RecordingLogger, recordLog } from "../_support/log.ts";
import { PROTO_FOLDER } from "../grpc/_fixture.ts";
import { type Answer, call, type Channel, connect } from "../grpc/_grpc.ts";
import * as wire from "../grpc/_wire.ts";

/** Where messages arrive. */
export const ON_MESSAGE =
  "/accelbyte.extend.async_messaging.AsyncMessagingConsumerService/onMessage";
/** Where scheduled tasks arrive. */
export const RUN_TASK =
  "/accelbyte.extend.task_scheduler.v1.ScheduledTaskHandler/RunScheduledTask";
/** Where messages are published. */
export const PUBLISH =
  "/accelbyte.extend.async_messaging.AsyncMessagingPublisherService/PublishMessage";

/** A running service with a caller. Disposing ends both. */
export interface TestService extends AsyncDisposable {
  /** The service. */
  readonly service: Service;
  /** A caller's connection. */
  readonly channel: Channel;
  /** What it logged. */
  readonly log: RecordingLogger;
}

/** Starts the service with these handlers. */
export async function serveHandlers(
  handlers: readonly Handler[],
  config: Partial<Config> = {},
): Promise<TestService> {
  const log = recordLog();
  await using stack = new AsyncDisposableStack();
  const service = stack.use(
    await startService({
      // Tests send the same again, and mean it.
      config: testConfig({ idempotencyStore: "none", ...config }),
      handlers,
      protoFolder: PROTO_FOLDER,
      log,
    }),
  );
  const channel = stack.use(connect(service.portOf("grpc")));
  const all = stack.move();
  return {
    service,
    channel,
    log,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

const field = (number: number, text: string) =>
  wire.record(number, 2, wire.text(text));

/** A message, as any gRPC client would encode it. */
export interface Message {
  /** @default {""} */
  readonly body?: string;
  /** @default {""} */
  readonly topic?: string;
  /** @default {{}} */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The bytes of a received message. */
export function messageBytes(
  { body = "", topic = "", metadata = {} }: Message,
): Uint8Array {
  return wire.concat(
    field(1, body),
    field(2, topic),
    ...Object.entries(metadata).map(([key, value]) =>
      wire.nested(3, wire.concat(field(1, key), field(2, value)))
    ),
  );
}

/** Delivers a message as the consumer's sidecar does. */
export function deliver(
  { channel }: TestService,
  message: Message,
): Promise<Answer> {
  return call(channel.client, ON_MESSAGE, messageBytes(message));
}

/** Fields of a scheduled task's run. */
export interface Run {
  /** @default {"run-1"} */
  readonly runId?: string;
  /** @default {"nightly"} */
  readonly taskName?: string;
  /** @default {"test-namespace"} */
  readonly namespace?: string;
  /** @default {""} */
  readonly payload?: string;
}

/** The bytes of a run, its time 2026-01-02T03:04:05Z, its attempt 2. */
export function runBytes(run: Run = {}): Uint8Array {
  const { runId = "run-1", taskName = "nightly", payload = "" } = run;
  const seconds = Date.parse("2026-01-02T03:04:05Z") / 1_000;
  return wire.concat(
    field(1, runId),
    field(2, "task-1"),
    field(3, run.namespace ?? "test-namespace"),
    field(4, taskName),
    wire.nested(5, wire.record(1, 0, wire.varint(seconds))),
    wire.record(6, 0, wire.varint(2)),
    field(7, payload),
  );
}

// By the contract's numbers, not by the project's own file.
const RESPONSE = new protobuf.Type("Response")
  .add(new protobuf.Field("success", 1, "bool"))
  .add(new protobuf.Field("message", 2, "string"))
  .add(new protobuf.Field("resultData", 3, "string"))
  .add(new protobuf.Field("httpStatusCode", 4, "int32"));
const REQUEST = new protobuf.Type("Request")
  .add(new protobuf.Field("body", 1, "string"))
  .add(new protobuf.Field("topic", 2, "string"))
  .add(new protobuf.MapField("metadata", 3, "string", "string"));
new protobuf.Root().add(RESPONSE).add(REQUEST);

/** What a run was answered. */
export async function runTask(
  { channel }: TestService,
  run: Run = {},
): Promise<{ readonly status: string; readonly answer: object | undefined }> {
  const { status, bytes } = await call(
    channel.client,
    RUN_TASK,
    runBytes(run),
  );
  return { status, answer: bytes && readResponse(bytes) };
}

/** Reads the answer to a run, defaults included. */
export function readResponse(bytes: Uint8Array): object {
  return RESPONSE.toObject(RESPONSE.decode(bytes), { defaults: true });
}

/** The publisher's sidecar. Disposing ends it. */
export interface Sidecar extends AsyncDisposable {
  /** Where it listens. */
  readonly port: number;
  /** What it was asked to publish, first message first. */
  readonly requests: readonly Message[];
}

/** Answers one message: `undefined` for OK. */
export type Reply = (
  request: Message,
  call: grpc.ServerUnaryCall<Buffer, Buffer>,
) =>
  | Partial<grpc.ServiceError>
  | undefined
  | Promise<Partial<grpc.ServiceError> | undefined>;

/** Starts a sidecar that answers as it is told. */
export async function startSidecar(
  reply: Reply = () => undefined,
): Promise<Sidecar> {
  const requests: Message[] = [];
  const server = new grpc.Server({ "grpc.enable_channelz": 0 });
  const same = (bytes: Buffer) => bytes;
  const method: grpc.MethodDefinition<Buffer, Buffer> = {
    path: PUBLISH,
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  server.addService({ PublishMessage: method }, {
    async PublishMessage(
      call: grpc.ServerUnaryCall<Buffer, Buffer>,
      answer: grpc.sendUnaryData<Buffer>,
    ) {
      const request = REQUEST.toObject(REQUEST.decode(call.request)) as Message;
      requests.push(request);
      const error = await reply(request, call);
      if (error === undefined) answer(null, Buffer.alloc(0));
      else answer(error);
    },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(
      "127.0.0.1:0",
      grpc.ServerCredentials.createInsecure(),
      (error, port) => error === null ? resolve(port) : reject(error),
    )
  );
  return {
    port,
    requests,
    async [Symbol.asyncDispose]() {
      server.forceShutdown();
      // Sessions are destroyed a turn later, see the session guard.
      await new Promise((resolve) => setTimeout(resolve, 20));
    },
  };
}

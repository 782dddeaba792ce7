/**
 * The whole service with traces, its AGS and a caller that sends headers.
 *
 * @module
 */

import {
  CONSUMABLE_ITEM_ID,
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  type Emulator,
  startEmulator,
} from "../../dev/emulator/mod.ts";
import {
  handlers as referenceHandlers,
  type ReferenceConfig,
} from "../../dev/reference/mod.ts";
import type { Handler } from "../../lib/core/on.ts";
import type { KafkaPort } from "../../lib/eventstream/port.ts";
import { Secret } from "../../lib/config/secret.ts";
import { grpcSource } from "../../lib/grpc/definition.ts";
import { kafkaSourceOf } from "../../lib/kafka/definition.ts";
import { type Service, startService } from "../../lib/service.ts";
import {
  eventBytes,
  type EventOptions,
  PATHS,
} from "../conformance/_events.ts";
import { LOGGED_IN } from "../conformance/_events.ts";
import { call, type CallOptions, connect } from "../grpc/_grpc.ts";
import { PROTO_FOLDER } from "../grpc/_fixture.ts";
import { testConfig } from "../_support/config.ts";
import { type RecordingLogger, recordLog } from "../_support/log.ts";

/** The service, its AGS and a caller. Disposing ends all of them. */
export interface TracedService extends AsyncDisposable {
  /** AGS. */
  readonly emulator: Emulator;
  /** The service. */
  readonly service: Service;
  /** What the service logged. */
  readonly log: RecordingLogger;
  /** Sends a login with these headers. Resolves with the status's name. */
  send(headers?: CallOptions["headers"], event?: EventOptions): Promise<string>;
}

/** Options of {@linkcode startTracedService}. */
export interface TracedServiceOptions {
  /** Settings other than the defaults. */
  readonly config?: Partial<ReferenceConfig>;
  /** Who handles the login. @default {the reference handlers} */
  readonly handlers?: readonly Handler[];
  /** The way to Kafka. */
  readonly kafkaPort?: () => Promise<KafkaPort>;
}

/** Starts the service. */
export async function startTracedService(
  options: TracedServiceOptions = {},
): Promise<TracedService> {
  await using stack = new AsyncDisposableStack();
  const emulator = stack.use(await startEmulator());
  const log = recordLog();
  const service = stack.use(
    await startService({
      config: testConfig({
        baseUrl: emulator.url,
        namespace: emulator.namespace,
        clientId: DEFAULT_CLIENT_ID,
        clientSecret: new Secret(DEFAULT_CLIENT_SECRET),
        itemIdToGrant: CONSUMABLE_ITEM_ID,
        ...options.config,
      }),
      handlers: options.handlers ?? referenceHandlers,
      protoFolder: PROTO_FOLDER,
      log,
      ...(options.kafkaPort !== undefined && {
        kafkaPort: options.kafkaPort,
        sources: [grpcSource, kafkaSourceOf({ port: options.kafkaPort })],
      }),
    }),
  );
  const { client } = stack.use(connect(service.portOf("grpc")));
  const all = stack.move();
  return {
    emulator,
    service,
    log,
    async send(headers = {}, event = {}) {
      const bytes = eventBytes(emulator.namespace, event);
      const { status } = await call(client, PATHS[LOGGED_IN], bytes, {
        headers,
      });
      return status;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

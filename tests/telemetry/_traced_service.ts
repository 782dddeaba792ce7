/**
 * The whole service with traces, its AGS and a caller that sends headers.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import * as grpc from "@grpc/grpc-js";
import {
  CONSUMABLE_ITEM_ID,
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  type Emulator,
  startEmulator,
} from "../../dev/emulator/mod.ts";
import { handlers as exampleHandlers } from "../../handlers/mod.ts";
import type { Config } from "../../lib/config.ts";
import type { Handler } from "../../lib/core/on.ts";
import { Secret } from "../../lib/secret.ts";
import { type Service, startService } from "../../lib/service.ts";
import {
  eventBytes,
  type EventOptions,
  PATHS,
} from "../conformance/_events.ts";
import { LOGGED_IN } from "../conformance/_events.ts";
import { connect } from "../grpc/_grpc.ts";
import { PROTO_FOLDER } from "../grpc/_fixture.ts";
import { testConfig } from "../_support/config.ts";
import { type RecordingLogger, recordLog } from "../_support/log.ts";

/** Headers of a call; a value of several is sent several times. */
export type Headers = Readonly<Record<string, string | readonly string[]>>;

/** The service, its AGS and a caller. Disposing ends all of them. */
export interface TracedService extends AsyncDisposable {
  /** AGS. */
  readonly emulator: Emulator;
  /** The service. */
  readonly service: Service;
  /** What the service logged. */
  readonly log: RecordingLogger;
  /** Sends a login with these headers. Resolves with the status's name. */
  send(headers?: Headers, event?: EventOptions): Promise<string>;
}

/** Options of {@linkcode startTracedService}. */
export interface TracedServiceOptions {
  /** Settings other than the defaults. */
  readonly config?: Partial<Config>;
  /** Who handles the login. @default {the example handlers} */
  readonly handlers?: readonly Handler[];
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
      handlers: options.handlers ?? exampleHandlers,
      protoFolder: PROTO_FOLDER,
      log,
    }),
  );
  const { client } = stack.use(connect(service.grpcPort));
  const all = stack.move();
  return {
    emulator,
    service,
    log,
    send: (headers = {}, event = {}) =>
      sendWith(client, eventBytes(emulator.namespace, event), headers),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

const same = (bytes: Buffer) => bytes;

/** Calls the login's method. Resolves with the status's name. */
export function sendWith(
  client: grpc.Client,
  bytes: Uint8Array,
  headers: Headers,
): Promise<string> {
  const metadata = new grpc.Metadata();
  for (const [name, values] of Object.entries(headers)) {
    for (const value of [values].flat()) metadata.add(name, value);
  }
  return new Promise((resolve) =>
    client.makeUnaryRequest(
      PATHS[LOGGED_IN],
      same,
      same,
      Buffer.from(bytes),
      metadata,
      { deadline: Date.now() + 10_000 },
      (error) => resolve(grpc.status[error?.code ?? grpc.status.OK] ?? ""),
    )
  );
}

/**
 * The service with its metrics, on an emulator in place of AGS.
 *
 * @module
 */

import {
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  DEFAULT_NAMESPACE,
  type Emulator,
  startEmulator,
} from "../../dev/emulator/mod.ts";
import { findEvent, makeEvent } from "../../dev/event_source.ts";
import type { Config } from "../../lib/core/config.ts";
import type { Handler } from "../../lib/core/on.ts";
import { Secret } from "../../lib/config/secret.ts";
import { type Service, startService } from "../../lib/service.ts";
import { testConfig } from "../_support/config.ts";
import { TEST_TYPE, testHandler } from "../_support/delivery.ts";
import { recordLog } from "../_support/log.ts";
import { PROTO_FOLDER } from "../grpc/_fixture.ts";
import {
  type Answer,
  call,
  type CallOptions,
  type Channel,
  connect,
} from "../grpc/_grpc.ts";
import { type Exposition, parseExposition } from "./_exposition.ts";

/** Secret of the client that logs in; no metric may have it. */
export const CLIENT_SECRET = DEFAULT_CLIENT_SECRET;

const EVENT = findEvent(PROTO_FOLDER, TEST_TYPE);

/** Path of the event's method. */
export const PATH = EVENT.path;

/** A service, its AGS and a caller. Disposing ends all of them. */
export interface World extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly service: Service;
  readonly channel: Channel;
  /** Sends an event. */
  send(options?: SendOptions): Promise<Answer>;
  /** Reads the metrics. */
  scrape(): Promise<Exposition>;
}

/** Options of {@linkcode World.send}. */
export interface SendOptions extends CallOptions {
  /** Where it happens. @default {the service's namespace} */
  readonly namespace?: string;
  /** Whom it is about. @default {"player-one"} */
  readonly userId?: string;
  /** Sent as they are. @default {the event that the other options describe} */
  readonly bytes?: Uint8Array;
}

/** Starts the service with one handler. */
export async function startWorld(
  handle: Handler["handle"],
  overrides: Partial<Config> = {},
): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const emulator = stack.use(await startEmulator());
  const service = stack.use(
    await startService({
      config: testConfig({
        baseUrl: emulator.url,
        clientId: DEFAULT_CLIENT_ID,
        clientSecret: new Secret(CLIENT_SECRET),
        namespace: DEFAULT_NAMESPACE,
        ...overrides,
      }),
      handlers: [testHandler(handle)],
      protoFolder: PROTO_FOLDER,
      log: recordLog(),
      build: { version: "1.2.3", commit: "abcdef" },
    }),
  );
  const channel = stack.use(connect(service.portOf("grpc")));
  const all = stack.move();
  return {
    emulator,
    service,
    channel,
    send({
      namespace = DEFAULT_NAMESPACE,
      userId = "player-one",
      bytes,
      ...options
    } = {}) {
      const made = makeEvent(EVENT, {
        namespace,
        json: undefined,
        sets: [`userId=${userId}`],
        isOneOfMany: false,
      });
      return call(channel.client, PATH, bytes ?? made.bytes, options);
    },
    async scrape() {
      const url = `http://127.0.0.1:${service.metricsPort}/metrics`;
      const response = await fetch(url);
      return parseExposition(await response.text());
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/**
 * The app with the example handlers, on an emulator in place of AGS.
 *
 * @module
 */

import { join } from "node:path";
import {
  CONSUMABLE_ITEM_ID,
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  DEFAULT_NAMESPACE,
  type Emulator,
  startEmulator,
} from "../../dev/emulator/mod.ts";
import { findEvent, makeEvent } from "../../dev/event_source.ts";
import { handlers } from "../../handlers/mod.ts";
import { createAgsClient } from "../../lib/ags/client.ts";
import type { Config } from "../../lib/core/config.ts";
import { createApp } from "../../lib/core/app.ts";
import { contentId } from "../../lib/core/event_id.ts";
import type { Result } from "../../lib/core/outcome.ts";
import { readCatalog } from "../../lib/events/catalog.ts";
import { decoderOf } from "../../lib/events/message_codec.ts";
import { deadline } from "../../lib/middleware/deadline.ts";
import { namespace } from "../../lib/middleware/namespace.ts";
import { Secret } from "../../lib/config/secret.ts";
import { testConfig } from "../_support/config.ts";
import { type RecordingLogger, recordLog } from "../_support/log.ts";
import { testContext } from "../_support/delivery.ts";

const PROTO_FOLDER = join(import.meta.dirname ?? ".", "../../proto");

/** The app, and what AGS makes of it. */
export interface TestApp extends AsyncDisposable {
  readonly emulator: Emulator;
  /** What the handlers have logged. */
  readonly log: RecordingLogger;
  /** The event types that have a handler. */
  readonly types: readonly string[];
  /**
   * Delivers one event as it comes from the wire.
   *
   * @param sets `path=value` for each field that is not as in the sample.
   */
  deliver(type: string, sets?: readonly string[]): Promise<Result>;
}

/** Starts the app. */
export async function startApp(
  overrides: Partial<Config> = {},
): Promise<TestApp> {
  const emulator = await startEmulator();
  const config = testConfig({
    baseUrl: emulator.url,
    clientId: DEFAULT_CLIENT_ID,
    clientSecret: new Secret(DEFAULT_CLIENT_SECRET),
    namespace: DEFAULT_NAMESPACE,
    itemIdToGrant: CONSUMABLE_ITEM_ID,
    ...overrides,
  });
  const log = recordLog();
  const client = createAgsClient({ ...config, backoff: { random: () => 0 } });
  const catalog = readCatalog(PROTO_FOLDER);
  const app = createApp({
    handlers,
    knownTypes: catalog.types,
    middleware: [
      namespace(config.namespace),
      deadline({ timeout: config.handlerTimeout }),
    ],
    createContext: (delivery) => ({
      ...testContext(delivery),
      config,
      log,
      ags: client.bind({
        signal: delivery.controller.signal,
        deadline: delivery.deadline,
      }),
    }),
  });

  function deliver(type: string, sets: readonly string[] = []) {
    const event = findEvent(PROTO_FOLDER, type);
    const { bytes } = makeEvent(event, {
      namespace: config.namespace,
      json: undefined,
      sets,
      isOneOfMany: false,
    });
    const data = decoderOf(event.message)(bytes);
    return app.dispatch({
      // AGS's group events have none.
      id: typeof data.id === "string" ? data.id : contentId(type, data),
      type,
      source: event.path.slice(1, event.path.lastIndexOf(".")),
      time: String(data.timestamp),
      namespace: String(data.namespace),
      data,
    }, { source: "test", controller: new AbortController() });
  }

  return {
    emulator,
    log,
    types: app.types,
    deliver,
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      await emulator[Symbol.asyncDispose]();
    },
  };
}

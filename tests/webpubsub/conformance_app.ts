/**
 * The service with Web PubSub's handlers of the conformance run, whose answers can be
 * checked from outside:
 *
 * ```sh
 * HTTP_PORT=8000 ORIGIN=foo.webpubsub.azure.com KEY=key KEY2=second-key \
 *   deno run -A tests/webpubsub/conformance_app.ts
 * ```
 *
 * | Variable | What it says |
 * | --- | --- |
 * | `HTTP_PORT` | The port; 0 takes any free one. 8000 if it is not set |
 * | `ORIGIN`, `KEY`, `KEY2` | The service's host and its keys, where `WEBPUBSUB_CONNECTION_STRINGS` does not say them |
 * | all others | As in docs/settings.md. Events that nobody waits for are kept in `inbox` |
 *
 * Without a key it takes events from anybody, and says so.
 *
 * @module
 */

import { join } from "node:path";
import { parseConfig } from "../../lib/config/table.ts";
import { on } from "../../lib/core/on.ts";
import type { Config } from "../../lib/core/config.ts";
import { startService } from "../../lib/service.ts";
import { SOURCES } from "../../lib/sources.ts";
import { startLogging } from "../../lib/telemetry/log.ts";
import {
  connect,
  connected,
  disconnected,
  message,
  notified,
  order,
} from "./conformance_handlers.ts";

const handlers = [
  on("webPubSub.connect", ({ data }) => connect(data)),
  on("webPubSub.message", ({ data }) => message(data)),
  on("webPubSub.user.order", ({ data }) => order(data)),
  on(
    "webPubSub.connected",
    ({ data: { connection, state } }, { signal }) =>
      connected(connection, state, signal),
  ),
  on("webPubSub.disconnected", ({ data }) => {
    const { connection, state, reason, mqtt } = data;
    const { initiatedByClient } = mqtt ?? {};
    disconnected(connection, state, { reason, initiatedByClient });
  }),
  on("webPubSub.groupJoined", ({ data: { connection, state, group } }) => {
    notified({ event: "joined", group }, connection, state);
  }),
  on("webPubSub.groupLeft", ({ data: { connection, state, group } }) => {
    notified({ event: "left", group }, connection, state);
  }),
];

/** Variables as the service takes them. */
function environment(): Record<string, string> {
  const { ORIGIN = "", KEY = "", KEY2 = "", HTTP_PORT = "", ...env } = Deno.env
    .toObject();
  const keys = [KEY, KEY2].filter((key) => ORIGIN !== "" && key !== "");
  const strings = env.WEBPUBSUB_CONNECTION_STRINGS ||
    keys.map((key) => `Endpoint=https://${ORIGIN};AccessKey=${key};`).join(" ");
  return {
    // No event of these handlers needs AGS.
    AB_BASE_URL: "http://127.0.0.1:1",
    AB_CLIENT_ID: "conformance",
    AB_CLIENT_SECRET: "conformance",
    AB_NAMESPACE: "conformance",
    DEAD_LETTER: "log",
    ...env,
    SOURCES: "webPubSub",
    WEBPUBSUB_HUBS: env.WEBPUBSUB_HUBS || "chat",
    WEBPUBSUB_CONNECTION_STRINGS: strings,
    WEBPUBSUB_AUTH: env.WEBPUBSUB_AUTH || (strings === "" ? "none" : "key"),
    ...(HTTP_PORT !== "0" && { HTTP_PORT }),
  };
}

if (import.meta.main) {
  const { config } = parseConfig(environment(), {}, SOURCES);
  const isAnyPort = Deno.env.get("HTTP_PORT") === "0";
  await using logging = startLogging({
    level: config.logLevel,
    format: "json",
  });
  await using service = await startService({
    ...logging,
    config: {
      ...config,
      metricsPort: Deno.env.get("METRICS_PORT") ? config.metricsPort : 0,
      ...(isAnyPort && { httpPort: 0 }),
    } as Config,
    handlers,
    protoFolder: join(import.meta.dirname ?? ".", "../../proto"),
  });
  const port = service.portOf("webPubSub");
  // deno-lint-ignore no-console -- whoever starts it wants to know
  console.log(
    `http://127.0.0.1:${port}${config.basePath}${config.webPubSubPath}`,
  );
  const stopped = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => stopped.resolve());
  }
  await stopped.promise;
  await service.stop();
}

/**
 * The service with client events, whose answers, archive and tickets can be checked
 * from outside:
 *
 * ```sh
 * HTTP_PORT=8000 ARCHIVE_FOLDER=/tmp/archive INBOX_FOLDER=/tmp/inbox \
 *   ISSUER=https://issuer.example JWKS_URL=http://127.0.0.1:9000/jwks.json \
 *   ZENDESK_URL=http://127.0.0.1:9001 RATE=10 \
 *   deno run -A tests/capture/conformance_app.ts
 * ```
 *
 * | Variable | What it says |
 * | --- | --- |
 * | `HTTP_PORT` | The port; 0 takes any free one. 8000 if it is not set |
 * | `ARCHIVE_FOLDER` | Where archived events go. `archive` if it is not set |
 * | `INBOX_FOLDER` | Where accepted events wait. `inbox` if it is not set |
 * | `ISSUER`, `JWKS_URL` | Whose tokens are taken; `iss`, and where the keys are |
 * | `AUTH` | `oidc`, `cognito`, `ags` or `none`. `oidc` with an issuer, else `none` |
 * | `ZENDESK_URL` | Where tickets of `loyaltypurchase` go; without it none are opened |
 * | `ZENDESK_EMAIL`, `ZENDESK_TOKEN` | The agent. Those of the emulator |
 * | `RATE` | Tickets a second. 10 if it is not set |
 *
 * All settings of `docs/settings.md` are read, too; unless they are set,
 * `ARCHIVE_FLUSH_TIME` is 2 seconds, and `CLIENT_EVENTS_RATE` has no limit. It prints its address once it listens.
 *
 * @module
 */

import { zendesk } from "event-handler/destinations";
import { ZENDESK_EMAIL, ZENDESK_TOKEN } from "../../dev/emulator/mod.ts";
import { openTickets } from "../../handlers/examples/loyalty_purchase.ts";
import { settings } from "../../dev/reference/mod.ts";
import { Secret } from "../../lib/config/secret.ts";
import { parseConfig } from "../../lib/config/table.ts";
import type { Config } from "../../lib/core/config.ts";
import type { Handler } from "../../lib/core/on.ts";
import { startService } from "../../lib/service.ts";
import { SOURCES } from "../../lib/sources.ts";
import { startLogging } from "../../lib/telemetry/log.ts";
import { PROTO_FOLDER } from "../grpc/_fixture.ts";

const env = (name: string) => Deno.env.get(name) || undefined;

if (import.meta.main) {
  const config = configOf();
  const { logs } = startLogging({
    level: config.logLevel,
    format: config.logFormat,
  });
  const service = await startService({
    config,
    handlers: handlersOf(),
    protoFolder: PROTO_FOLDER,
    log: logs.service,
    logs,
  });
  const port = service.portOf("clientEvents");
  // deno-lint-ignore no-console -- whoever starts it wants to know
  console.log(`http://127.0.0.1:${port}${config.basePath}/event`);
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => resolve());
  }
  await stopped;
  await service.stop();
  Deno.exit(0);
}

function configOf(): Config {
  const issuer = env("ISSUER");
  const { config } = parseConfig(
    {
      AB_BASE_URL: "http://127.0.0.1:1",
      AB_CLIENT_ID: "conformance",
      AB_CLIENT_SECRET: "conformance",
      AB_NAMESPACE: "mygame",
      ITEM_ID_TO_GRANT: "conformance",
      SOURCES: "clientEvents",
      DEAD_LETTER: "log",
      ARCHIVE_FLUSH_TIME: "2s",
      CLIENT_EVENTS_RATE: "0",
      CLIENT_EVENTS_AUTH: env("AUTH") ?? (issuer ? "oidc" : "none"),
      ...(issuer && { CLIENT_EVENTS_ISSUER: issuer }),
      ...(env("JWKS_URL") && { CLIENT_EVENTS_JWKS_URL: env("JWKS_URL") }),
      ...Deno.env.toObject(),
      // 0 is no port that a setting may have.
      HTTP_PORT: "8000",
      METRICS_PORT: "8080",
    },
    settings,
    SOURCES,
  );
  return {
    ...config as Config,
    httpPort: Number(env("HTTP_PORT") ?? 8000),
    metricsPort: Number(env("METRICS_PORT") ?? 0),
    inbox: `file:${env("INBOX_FOLDER") ?? "inbox"}` as Config["inbox"],
    archive: config.archive === "none"
      ? `file:${env("ARCHIVE_FOLDER") ?? "archive"}`
      : config.archive,
  };
}

function handlersOf(): readonly Handler[] {
  const url = env("ZENDESK_URL");
  return url === undefined ? [] : [openTickets(zendesk({
    url,
    email: env("ZENDESK_EMAIL") ?? ZENDESK_EMAIL,
    token: new Secret(env("ZENDESK_TOKEN") ?? ZENDESK_TOKEN),
    ratePerSecond: Number(env("RATE") ?? 10),
    allowPrivateAddresses: true,
  }))];
}

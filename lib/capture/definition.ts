/**
 * The client-event source: game clients send events over HTTP.
 *
 * @module
 */

import {
  CLIENT_EVENTS_TOPIC,
  type ClientEventsConfig,
} from "../config/client_events.ts";
import type { ServiceConfig } from "../config/table.ts";
import { AppError } from "../core/errors.ts";
import { channelOf } from "../core/event_types.ts";
import type { SourceDefinition } from "../core/source.ts";
import { createAcceptor } from "./acceptor.ts";
import { createCaptureMetrics } from "./metrics.ts";
import { type Authorizer, nobodyAsked } from "./player.ts";
import { createPlayerRate } from "./_player_rate.ts";
import { CHANNEL, clientEventReader } from "./record.ts";
import { captureRoutes } from "./routes.ts";

/** `account` and `region` of every envelope, because there is no AWS here. */
const NOWHERE = { account: "000000000000", region: "local" };
/** How many seconds' worth of events may arrive at once. */
const BURST = 10;

/** The source's definition. */
export const clientEventsSource: SourceDefinition<
  typeof CLIENT_EVENTS_TOPIC.settings
> = {
  name: CHANNEL,
  topic: CLIENT_EVENTS_TOPIC,
  openChannels: [CHANNEL],
  carries: (type) => channelOf(type) === CHANNEL,
  async open({ app, config, metrics, memory, http, inbox }) {
    const types = new Set(
      app.types.filter((type) => channelOf(type) === CHANNEL),
    );
    checkUse(types, config);
    const authorize = await authorizerOf(config);
    const listener = await http();
    const { append } = (await inbox()).register(
      clientEventReader({ types, namespace: config.namespace }),
    );
    const acceptor = createAcceptor({
      append,
      observer: createCaptureMetrics(metrics),
    });
    const limits = {
      maxEntries: config.clientEventsMaxEntries,
      maxBytes: config.clientEventsMaxBytes,
    };
    const routes = captureRoutes({
      authorize,
      acceptor,
      rate: createPlayerRate({
        perSecond: config.clientEventsRate,
        burst: BURST * config.clientEventsRate,
      }),
      memory,
      ...limits,
      envelope: { ...NOWHERE, detailType: config.clientEventsDetailType },
    });
    listener.add(...routes);
    const key = keyOf(config);
    const { basePath } = listener;
    if (key !== undefined) {
      const { putEventsRoute } = await import("./put_events_route.ts");
      listener.add(
        putEventsRoute({
          ...{ key, acceptor, memory, ...limits, basePath },
          envelope: NOWHERE,
        }),
      );
    }
    return {
      name: CHANNEL,
      endpoints: [{
        label: "Client events",
        value: `http://localhost:${listener.port}${basePath}/event`,
      }],
      port: listener.port,
      ready: () => Promise.resolve(),
      // The listener refuses new requests, and answers running ones.
      drain: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  },
};

/** @throws {AppError} Events would be answered as accepted, and then lost. */
function checkUse(
  types: ReadonlySet<string>,
  { archive, archiveEvents }: ServiceConfig,
): void {
  const isArchived = archive !== "none" &&
    archiveEvents.some((each) => channelOf(each) === CHANNEL);
  if (types.size > 0 || isArchived) return;
  throw new AppError(
    `Client events would go nowhere: expected a handler of ${CHANNEL}.*, or ` +
      "ARCHIVE with ARCHIVE_EVENTS that include them, or SOURCES without " +
      CHANNEL,
  );
}

async function authorizerOf(
  config: ClientEventsConfig & ServiceConfig,
): Promise<Authorizer> {
  const { clientEventsAuth: auth, clientEventsIssuer: issuer } = config;
  if (auth === "none") return nobodyAsked;
  // Loaded on demand: few need it, and it would slow every start.
  const { createTokenAuthorizer } = await import("./authorizer.ts");
  const { agsJwksUrl, agsRules, cognitoRules, oidcRules } = await import(
    "./token_rules.ts"
  );
  if (auth === "ags") {
    return createTokenAuthorizer({
      ...agsRules(config.namespace),
      jwksUrl: agsJwksUrl(config.baseUrl),
    });
  }
  if (issuer === undefined) {
    throw new AppError(`CLIENT_EVENTS_ISSUER is none: ${auth} requires it`);
  }
  const rules = auth === "oidc" ? oidcRules : cognitoRules;
  return createTokenAuthorizer({
    ...rules({
      issuer,
      audiences: config.clientEventsAudience,
      clientIdClaim: config.clientEventsIdClaim,
    }),
    jwksUrl: config.clientEventsJwksUrl ??
      `${issuer.replace(/\/+$/, "")}/.well-known/jwks.json`,
  });
}

function keyOf(config: ClientEventsConfig) {
  const { clientEventsAwsAccessKeyId: accessKeyId } = config;
  const { clientEventsAwsSecretAccessKey: secretAccessKey } = config;
  return accessKeyId === undefined || secretAccessKey === undefined
    ? undefined
    : { accessKeyId, secretAccessKey };
}

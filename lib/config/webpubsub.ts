/**
 * Azure Web PubSub: who may send events, and where.
 *
 * @module
 */

import { z } from "zod";
import { duration, NONE, oneLine } from "./kinds.ts";
import { Secret } from "./secret.ts";
import { type ConfigOf, defineSettings } from "./setting.ts";

const optional = oneLine().min(1)
  .transform((text) => text === NONE ? undefined : text);

const secret = optional.transform((text) =>
  text === undefined ? undefined : new Secret(text)
);

/** Texts with spaces or commas between, or none. */
const secrets = optional.transform((text) =>
  (text ?? "").split(/[\s,]+/).filter((each) => each !== "")
    .map((each) => new Secret(each))
);

function list(pattern: RegExp): z.ZodType<readonly string[], string> {
  return oneLine().transform((text) =>
    text === NONE ? [] : text.split(",").map((each) => each.trim())
  ).refine((items) => items.every((each) => pattern.test(each)));
}

const HUB = /^(\*|[A-Za-z][\w`,.[\]]{0,127})$/;
const HOST = /^[A-Za-z\d.-]+$/;
const ID = /^[\w.:/-]+$/;

/** Azure Web PubSub: who may send events, and where. */
export const WEBPUBSUB_SETTINGS = defineSettings({
  /** Connection strings of the services: of several ones, and several keys of one. */
  webPubSubConnectionStrings: {
    env: "WEBPUBSUB_CONNECTION_STRINGS",
    doc:
      "Connection strings of Azure Web PubSub, separated by spaces or commas: " +
      "several services, and several keys of one. `ctx.webPubSub` calls the " +
      "service that sent the event, or else the first",
    expected: "Endpoint=https://…;AccessKey=…;Version=1.0; or none",
    default: NONE,
    secret: true,
    schema: secrets,
  },
  /** Hubs whose events are taken. */
  webPubSubHubs: {
    env: "WEBPUBSUB_HUBS",
    doc: "Hubs whose events are accepted, separated by commas, or `*` for all",
    expected: "names of hubs, separated by commas, or *",
    default: "*",
    schema: list(HUB).refine((items) => items.length > 0),
  },
  /** Where Web PubSub calls. */
  webPubSubPath: {
    env: "WEBPUBSUB_PATH",
    doc:
      "Path that Web PubSub calls, below `BASE_PATH`; it may contain `{hub}` and " +
      "`{event}`, as the URL template in Web PubSub does",
    expected: "a path such as /upstream or /api/{hub}/{event}",
    default: "/upstream",
    schema: z.string().regex(/^(\/([\w.~-]+|\{hub\}|\{event\}))+$/),
  },
  /** What proves that an event is Web PubSub's. */
  webPubSubAuth: {
    env: "WEBPUBSUB_AUTH",
    doc:
      "How Web PubSub authenticates: `key` (its signature), `entra` (a bearer " +
      "token of its managed identity), `key+entra` (both), or `none` (anybody " +
      "who can reach the port may send events: for development)",
    expected: "key, entra, key+entra or none",
    default: "key",
    schema: z.enum(["key", "entra", "key+entra", "none"]),
  },
  /** A secret in the URL that Web PubSub calls. */
  webPubSubCode: {
    env: "WEBPUBSUB_CODE",
    doc:
      "Secret that Web PubSub must send as `?code=…` as well: put it into the " +
      "URL template",
    expected: "a secret, or none",
    default: NONE,
    secret: true,
    schema: secret,
  },
  /** Hosts of the services, where no connection string says them. */
  webPubSubHosts: {
    env: "WEBPUBSUB_HOSTS",
    doc: "Hosts of the services for `entra`, separated by commas, if no " +
      "connection string names them",
    expected: "hosts, separated by commas, or none",
    default: NONE,
    schema: list(HOST),
  },
  /** Whose tokens are taken. */
  webPubSubEntraTenantId: {
    env: "WEBPUBSUB_ENTRA_TENANT_ID",
    doc: "Tenant of Microsoft Entra ID whose tokens are accepted",
    expected: "a tenant's id, or none",
    default: NONE,
    schema: optional,
  },
  /** For whom tokens must be. */
  webPubSubEntraAudience: {
    env: "WEBPUBSUB_ENTRA_AUDIENCE",
    doc: "Application that the tokens must be issued for (`aud`)",
    expected: "an application's id or URI, or none",
    default: NONE,
    schema: optional,
  },
  /** Of whom tokens must be. */
  webPubSubEntraClientIds: {
    env: "WEBPUBSUB_ENTRA_CLIENT_IDS",
    doc: "Client ids of Web PubSub's managed identities, separated by commas",
    expected: "client ids, separated by commas, or none",
    default: NONE,
    schema: list(ID),
  },
  /** Where the tenant's keys are. */
  webPubSubEntraJwksUrl: {
    env: "WEBPUBSUB_ENTRA_JWKS_URL",
    doc: "Where the tenant's keys are, outside Azure's public cloud",
    expected: "an http or https URL, or none",
    default: NONE,
    schema: optional.refine((text) => text === undefined || URL.canParse(text)),
  },
  /** Time for an event that Web PubSub waits for. */
  webPubSubTimeout: {
    env: "WEBPUBSUB_TIMEOUT",
    doc:
      "Time limit for a blocking event, unless `HANDLER_TIMEOUT` is shorter. Web " +
      "PubSub retries three times within 100 s",
    expected: "a duration such as 500ms or 20s, up to 20s",
    default: "20s",
    unit: "ms",
    schema: duration(20_000),
  },
});

/** These settings, checked. */
export type WebPubSubConfig = ConfigOf<typeof WEBPUBSUB_SETTINGS>;

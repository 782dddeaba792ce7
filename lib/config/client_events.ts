/**
 * Settings of the client-event source: who may send events, how many, and
 * through which endpoints.
 *
 * @module
 */

import { z } from "zod";
import {
  httpUrl,
  integer,
  NONE,
  oneLine,
  orNone,
  secret,
  text,
} from "./kinds.ts";
import { type ConfigOf, defineSettings, type Topic } from "./setting.ts";

const list = oneLine().transform((text) =>
  text === NONE
    ? []
    : text.split(",").map((each) => each.trim()).filter((each) => each !== "")
);

/**
 * An issuer exactly as its tokens state it, including a final slash: it is
 * compared, not called.
 */
const issuer = z.string().refine((text) =>
  text === NONE || httpUrl.safeParse(text).success
).transform((text) => text === NONE ? undefined : text);

/** The settings of client events. */
export const CLIENT_EVENTS_SETTINGS = defineSettings({
  /** Who identifies the player that sends events. */
  clientEventsAuth: {
    env: "CLIENT_EVENTS_AUTH",
    doc:
      "Tokens that players send with client events: `ags` (AGS IAM), `oidc` " +
      "(any OpenID Connect issuer), `cognito` (Amazon Cognito access " +
      "tokens), or `none`: events are accepted from anybody",
    expected: "ags, oidc, cognito or none",
    default: "ags",
    schema: z.enum(["ags", "oidc", "cognito", "none"]),
  },
  /** The issuer of the tokens. */
  clientEventsIssuer: {
    env: "CLIENT_EVENTS_ISSUER",
    doc: "`iss` of the tokens, for `oidc` and `cognito`",
    expected: "an http or https URL, or none",
    default: NONE,
    example: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12",
    secret: "maybe",
    schema: issuer,
  },
  /** The URL of its keys. */
  clientEventsJwksUrl: {
    env: "CLIENT_EVENTS_JWKS_URL",
    doc: "URL of that issuer's keys; default: `/.well-known/jwks.json` below " +
      "the issuer",
    expected: "an http or https URL, or none",
    default: NONE,
    secret: "maybe",
    schema: orNone(httpUrl),
  },
  /** The audience of the tokens. */
  clientEventsAudience: {
    env: "CLIENT_EVENTS_AUDIENCE",
    doc: "Audience of the tokens, separated by commas: `aud` for `oidc`, the " +
      "app client for `cognito`",
    expected: "names separated by commas, or none",
    default: NONE,
    schema: list,
  },
  /** The claim that identifies the player. */
  clientEventsIdClaim: {
    env: "CLIENT_EVENTS_ID_CLAIM",
    doc: "Claim of the tokens that identifies the player, for `oidc` and " +
      "`cognito`; it must be one that players cannot set",
    expected: "the name of a claim",
    default: "sub",
    schema: z.string().regex(/^[\w:./-]{1,100}$/),
  },
  /** The most events per request. */
  clientEventsMaxEntries: {
    env: "CLIENT_EVENTS_MAX_ENTRIES",
    doc: "Most events per request; more are answered 400",
    expected: "a whole number from 1 to 1000",
    default: "10",
    schema: integer(1, 1_000),
  },
  /** Their most bytes. */
  clientEventsMaxBytes: {
    env: "CLIENT_EVENTS_MAX_BYTES",
    doc: "Most bytes of a request's events; more are answered 413. Twice as " +
      "many must fit in HTTP_MAX_BODY_BYTES, because JSON inside JSON is " +
      "longer",
    expected: "a whole number from 1024 to 16777216",
    default: "1000000",
    unit: "bytes",
    schema: integer(1_024, 16_777_216),
  },
  /** Events per second and player. */
  clientEventsRate: {
    env: "CLIENT_EVENTS_RATE",
    doc: "Events per second from one player (from one address with `none`), " +
      "with a burst of ten times as many; more are answered 429. 0: no limit",
    expected: "a whole number from 0 to 100000",
    default: "50",
    schema: integer(0, 100_000),
  },
  /** `detail-type` of every envelope. */
  clientEventsDetailType: {
    env: "CLIENT_EVENTS_DETAIL_TYPE",
    doc: "`detail-type` of every event: names the environment",
    expected: "up to 128 letters, digits, spaces and ._-",
    default: "prod",
    schema: z.string().regex(/^[\w. -]{1,128}$/),
  },
  /** The key id of signed PutEvents calls. */
  clientEventsAwsAccessKeyId: {
    env: "CLIENT_EVENTS_AWS_ACCESS_KEY_ID",
    doc: "Key id with which servers may call PutEvents as at Amazon " +
      "EventBridge; without it nobody may",
    expected: "a key id, or none",
    default: NONE,
    secret: "maybe",
    schema: orNone(text),
  },
  /** The secret key. */
  clientEventsAwsSecretAccessKey: {
    env: "CLIENT_EVENTS_AWS_SECRET_ACCESS_KEY",
    doc: "Secret key for that id: choose any value, it is not an AWS key",
    expected: "a key, or none",
    default: NONE,
    secret: true,
    schema: orNone(secret),
  },
});

/** These settings, validated. */
export type ClientEventsConfig = ConfigOf<typeof CLIENT_EVENTS_SETTINGS>;

/** The settings, and checks of their combination. */
export const CLIENT_EVENTS_TOPIC: Topic<typeof CLIENT_EVENTS_SETTINGS> = {
  settings: CLIENT_EVENTS_SETTINGS,
  problems(config) {
    const { clientEventsAuth: auth, clientEventsIssuer } = config;
    const problems: string[] = [];
    if ((auth === "oidc" || auth === "cognito") && !clientEventsIssuer) {
      problems.push(
        `CLIENT_EVENTS_ISSUER is none: CLIENT_EVENTS_AUTH is ${auth}, which requires it`,
      );
    }
    const { clientEventsAwsAccessKeyId: id } = config;
    const { clientEventsAwsSecretAccessKey: key } = config;
    if ((id === undefined) !== (key === undefined)) {
      problems.push(
        "One of CLIENT_EVENTS_AWS_ACCESS_KEY_ID and CLIENT_EVENTS_AWS_SECRET_ACCESS_KEY " +
          "is set: expected both or none",
      );
    }
    return problems;
  },
};

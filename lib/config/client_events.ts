/**
 * The settings of the source of client events: who may send them, how many, and by
 * which doors.
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

/** An issuer as its tokens have it, to the last slash: it is compared, not called. */
const issuer = z.string().refine((text) =>
  text === NONE || httpUrl.safeParse(text).success
).transform((text) => text === NONE ? undefined : text);

/** The settings of client events. */
export const CLIENT_EVENTS_SETTINGS = defineSettings({
  /** Who says which player sends events. */
  clientEventsAuth: {
    env: "CLIENT_EVENTS_AUTH",
    doc:
      "Whose tokens players send with client events: `ags` (AGS IAM's), `oidc` (any " +
      "issuer of OpenID Connect), `cognito` (access tokens of Amazon Cognito), or " +
      "`none`: events are taken from anybody",
    expected: "ags, oidc, cognito or none",
    default: "ags",
    schema: z.enum(["ags", "oidc", "cognito", "none"]),
  },
  /** The issuer of those tokens. */
  clientEventsIssuer: {
    env: "CLIENT_EVENTS_ISSUER",
    doc: "`iss` of the tokens, for `oidc` and `cognito`",
    expected: "an http or https URL, or none",
    default: NONE,
    example: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12",
    secret: "maybe",
    schema: issuer,
  },
  /** Where its keys are. */
  clientEventsJwksUrl: {
    env: "CLIENT_EVENTS_JWKS_URL",
    doc:
      "Where the keys of that issuer are; without it at `/.well-known/jwks.json` " +
      "below the issuer",
    expected: "an http or https URL, or none",
    default: NONE,
    secret: "maybe",
    schema: orNone(httpUrl),
  },
  /** For whom tokens are. */
  clientEventsAudience: {
    env: "CLIENT_EVENTS_AUDIENCE",
    doc:
      "For whom the tokens are, with commas between: `aud` of `oidc`, the app " +
      "client of `cognito`",
    expected: "names with commas between, or none",
    default: NONE,
    schema: list,
  },
  /** The claim that says who the player is. */
  clientEventsIdClaim: {
    env: "CLIENT_EVENTS_ID_CLAIM",
    doc:
      "Claim of those tokens that says who the player is, for `oidc` and `cognito`: " +
      "one that players cannot write",
    expected: "the name of a claim",
    default: "sub",
    schema: z.string().regex(/^[\w:./-]{1,100}$/),
  },
  /** Events of one request. */
  clientEventsMaxEntries: {
    env: "CLIENT_EVENTS_MAX_ENTRIES",
    doc: "Most events of one request; more are answered 400",
    expected: "a whole number from 1 to 1000",
    default: "10",
    schema: integer(1, 1_000),
  },
  /** What they may have, in bytes. */
  clientEventsMaxBytes: {
    env: "CLIENT_EVENTS_MAX_BYTES",
    doc:
      "Most bytes of the events of one request; more are answered 413. Twice as many " +
      "must fit into HTTP_MAX_BODY_BYTES: JSON within JSON is longer than itself",
    expected: "a whole number from 1024 to 16777216",
    default: "1000000",
    unit: "bytes",
    schema: integer(1_024, 16_777_216),
  },
  /** Events a second of one player. */
  clientEventsRate: {
    env: "CLIENT_EVENTS_RATE",
    doc:
      "Events a second of one player (of one address with `none`), ten times as many " +
      "at once; more are answered 429. 0: no limit",
    expected: "a whole number from 0 to 100000",
    default: "50",
    schema: integer(0, 100_000),
  },
  /** `detail-type` of every envelope. */
  clientEventsDetailType: {
    env: "CLIENT_EVENTS_DETAIL_TYPE",
    doc: "`detail-type` of every event: which environment it is from",
    expected: "up to 128 letters, digits, spaces and ._-",
    default: "prod",
    schema: z.string().regex(/^[\w. -]{1,128}$/),
  },
  /** Whose signed PutEvents calls are taken. */
  clientEventsAwsAccessKeyId: {
    env: "CLIENT_EVENTS_AWS_ACCESS_KEY_ID",
    doc:
      "Key id with which servers may call PutEvents as they do at Amazon EventBridge; " +
      "without it nobody may",
    expected: "a key id, or none",
    default: NONE,
    secret: "maybe",
    schema: orNone(text),
  },
  /** The key. */
  clientEventsAwsSecretAccessKey: {
    env: "CLIENT_EVENTS_AWS_SECRET_ACCESS_KEY",
    doc: "The secret key of that id: make one up, it is no key of AWS",
    expected: "a key, or none",
    default: NONE,
    secret: true,
    schema: orNone(secret),
  },
});

/** These settings, checked. */
export type ClientEventsConfig = ConfigOf<typeof CLIENT_EVENTS_SETTINGS>;

/** The settings, and what they have to do with each other. */
export const CLIENT_EVENTS_TOPIC: Topic<typeof CLIENT_EVENTS_SETTINGS> = {
  settings: CLIENT_EVENTS_SETTINGS,
  problems(config) {
    const { clientEventsAuth: auth, clientEventsIssuer } = config;
    const problems: string[] = [];
    if ((auth === "oidc" || auth === "cognito") && !clientEventsIssuer) {
      problems.push(
        `CLIENT_EVENTS_ISSUER is none: CLIENT_EVENTS_AUTH is ${auth}, which needs it`,
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

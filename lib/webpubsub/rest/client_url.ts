/**
 * URLs with which clients can connect.
 *
 * @module
 */

import { isObject, parseJson } from "../json.ts";
import type { Credentials } from "./credentials.ts";
import { WebPubSubError } from "./error.ts";
import type { Answer } from "./transport.ts";
import type { ClientTokenOptions } from "./types.ts";
import { encodeSegment, type Query } from "./url.ts";

/** Options of {@linkcode clientUrl}. */
export interface ClientUrlOptions extends ClientTokenOptions {
  /** The hub. */
  readonly hub: string;
  /** The credentials. */
  readonly credentials: Credentials;
  /** Requests a token from the service. */
  readonly fetch: (what: string, query: Query) => Promise<Answer>;
}

const WHAT = "make a client's token";

/**
 * Creates a URL with a token.
 *
 * @throws {RangeError} It would expire at once.
 * @throws {WebPubSubError} The service failed to create the token.
 */
export async function clientUrl(options: ClientUrlOptions): Promise<string> {
  const { hub, credentials, protocol = "webSocket" } = options;
  const { expiresIn = 3_600_000 } = options;
  if (!(expiresIn > 0)) {
    throw new RangeError(
      `Cannot ${WHAT}: expected more than 0 as "expiresIn", not ${expiresIn}`,
    );
  }
  const path = protocol === "mqtt" ? "clients/mqtt/hubs" : "client/hubs";
  const name = encodeSegment({ what: "hub", name: hub });
  const audience = `${credentials.endpoint}/${path}/${name}`;
  const token = await (credentials.clientToken?.(claimsOf(options), {
    audience,
    expiresIn,
  }) ?? askForToken(options, expiresIn));
  return `${audience.replace(/^http/, "ws")}?access_token=${token}`;
}

function claimsOf(
  { userId, roles, groups }: ClientTokenOptions,
): Readonly<Record<string, unknown>> {
  return {
    ...(userId === undefined ? {} : { sub: userId }),
    ...(roles === undefined ? {} : { role: roles }),
    ...(groups === undefined ? {} : { "webpubsub.group": groups }),
  };
}

/** Without an access key, only the service can sign. */
async function askForToken(
  { userId, roles, groups, protocol, fetch }: ClientUrlOptions,
  expiresIn: number,
): Promise<string> {
  const { text } = await fetch(WHAT, {
    userId,
    role: roles,
    group: groups,
    minutesToExpire: Math.ceil(expiresIn / 60_000),
    ...(protocol === "mqtt" ? { clientType: "mqtt" } : {}),
  });
  try {
    const answer = parseJson(text);
    const token = isObject(answer) ? answer["token"] : undefined;
    if (typeof token === "string" && token !== "") return token;
  } catch { /* Handled like an answer without a token. */ }
  throw new WebPubSubError(`Could not ${WHAT}: the answer has none`, {
    retryable: false,
  });
}

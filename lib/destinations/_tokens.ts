/**
 * OAuth tokens of a destination: one at a time, renewed before it ends.
 *
 * @module
 */

import { z } from "zod";
import { abortable } from "../core/async.ts";
import { tokenLife } from "../core/peer_delay.ts";
import type { OAuthClientAuth } from "./auth.ts";
import { basicHeader } from "./_basic.ts";
import { DestinationError } from "./errors.ts";
import type { ExchangeAnswer } from "./_exchange.ts";

/** Sends a request for a token. */
export type SendTokenRequest = (request: {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}) => Promise<ExchangeAnswer>;

/** Tokens. */
export interface Tokens {
  /**
   * A token that is good now, as far as is known.
   *
   * @throws {DestinationError} There is none to be had now.
   */
  get(signal: AbortSignal): Promise<string>;
  /** Forgets the token if it is meant. @returns Whether it was. */
  invalidate(isMeant: (token: string) => boolean): boolean;
}

const Answer = z.object({
  // What RFC 6750 lets a bearer token be made of.
  access_token: z.string().max(16_384).regex(/^[\w\-.~+/]+=*$/),
  expires_in: z.number().positive().default(3_600),
});

/** Share of a token's life after which another one is asked for. */
const RENEW_AT = 0.8;

/** How long a server that gave no token is left alone, in milliseconds. */
const PAUSE = 1_000;

/** Creates a source that asks when a token is first needed. */
export function createTokens(
  auth: OAuthClientAuth,
  send: SendTokenRequest,
): Tokens {
  let token: { readonly value: string; readonly until: number } | undefined;
  let asking: Promise<string> | undefined;
  let failure: { readonly error: unknown; readonly until: number } | undefined;

  async function ask(): Promise<string> {
    const start = performance.now();
    try {
      const answer = await send(requestOf(auth));
      const { access_token: value, expires_in } = parse(answer);
      token = { value, until: start + RENEW_AT * tokenLife(expires_in) };
      return value;
    } catch (cause) {
      const error = new DestinationError("Destination's token was not given", {
        retryable: true,
        isOutage: true,
        cause,
      });
      failure = { error, until: performance.now() + PAUSE };
      throw error;
    } finally {
      asking = undefined;
    }
  }

  return {
    async get(signal) {
      const now = performance.now();
      if (token !== undefined && now < token.until) return token.value;
      if (failure !== undefined && now < failure.until) throw failure.error;
      asking ??= ask();
      return await abortable(asking, signal);
    },
    invalidate(isMeant) {
      // Another request may have another one by now.
      if (token === undefined || isMeant(token.value)) token = undefined;
      return true;
    },
  };
}

function requestOf(auth: OAuthClientAuth) {
  const { tokenUrl, clientId, clientSecret, parameters = {} } = auth;
  const secret = clientSecret.reveal();
  const isInBody = auth.credentialsIn === "body";
  const form = new URLSearchParams({
    ...parameters,
    grant_type: "client_credentials",
    ...(isInBody && { client_id: clientId, client_secret: secret }),
  });
  return {
    url: tokenUrl,
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      accept: "application/json",
      ...(!isInBody && {
        // RFC 6749, section 2.3.1: encoded as a form's values are.
        authorization: basicHeader(formValue(clientId), formValue(secret)),
      }),
    },
    body: `${form}`,
  };
}

function formValue(text: string): string {
  return `${new URLSearchParams({ v: text })}`.slice(2);
}

function parse({ status, text }: ExchangeAnswer): z.infer<typeof Answer> {
  if (status !== 200) {
    throw new Error(`Token request was answered with ${status}: expected 200`);
  }
  try {
    return Answer.parse(JSON.parse(text ?? ""));
  } catch {
    // Without the parser's words: they may show the token.
    throw new Error("Token request was answered without access_token");
  }
}

/**
 * OAuth tokens of a destination: fetched one at a time, renewed before expiry.
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
   * Returns a token that is valid as far as known.
   *
   * @throws {DestinationError} No token is available.
   */
  get(signal: AbortSignal): Promise<string>;
  /** Discards the token if it matches. @returns Whether it did. */
  invalidate(isMeant: (token: string) => boolean): boolean;
}

const Answer = z.object({
  // The characters that RFC 6750 allows in a bearer token.
  access_token: z.string().max(16_384).regex(/^[\w\-.~+/]+=*$/),
  expires_in: z.number().positive().default(3_600),
});

/** Share of a token's lifetime after which it is renewed. */
const RENEW_AT = 0.8;

/** Pause after a failed token request, in milliseconds. */
const PAUSE = 1_000;

/** Creates a source that fetches a token when first needed. */
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
      const error = new DestinationError(
        "Destination's token could not be fetched",
        {
          retryable: true,
          isOutage: true,
          cause,
        },
      );
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
      // Another request may have renewed it meanwhile.
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
        // RFC 6749, section 2.3.1: encoded like form values.
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
    // Without the parser's message, which may show the token.
    throw new Error("Token request was answered without access_token");
  }
}

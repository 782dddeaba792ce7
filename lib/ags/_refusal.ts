/**
 * Reads what AGS says when it refuses, and tells it from what others say in its place.
 *
 * @module
 */

import { withoutSecrets } from "../config/secret.ts";
import { parseBoundedJson } from "../core/bounded_json.ts";
import { parseRetryAfter } from "../core/peer_delay.ts";
import { AgsError, isTransient } from "./errors.ts";

/** Longest part of AGS's own words that is kept, a code in words included. */
const MAX_MESSAGE_LENGTH = 200;

/**
 * Reads a refusal. What AGS says of an event counts only in AGS's own words: its
 * standard body (`errorCode`, `errorMessage`), the lobby's older spelling
 * (`ErrorCode`, `ErrorMessage`), or the OAuth one (`error`, `error_description`) of
 * IAM's OAuth endpoints. Anything else was said by something in between, a proxy, an
 * ingress or a firewall, which knows nothing of the event: it is to come again.
 *
 * @param request What was asked, as `METHOD /route`.
 * @param response The answer; its body is `body`.
 * @param body The body; `undefined` when it was too much to be read.
 */
export function refusal(
  request: string,
  response: Response,
  body: Uint8Array | undefined,
): AgsError {
  const { status, headers } = response;
  const retryAfter = parseRetryAfter(headers.get("retry-after"));
  const words = body === undefined ? undefined : wordsOf(request, body);
  if (words === undefined) {
    const type = mediaType(headers);
    return new AgsError(
      `${request} was answered with ${status} and ${type}: expected an error of AGS`,
      {
        status,
        isForeign: true,
        retryable: true,
        isOutage: status === 401,
        retryAfter,
      },
    );
  }
  const { errorCode, errorMessage, permission } = words;
  const isClients = isAboutClient(status, words);
  const detail = [
    ` (${errorCode})`,
    errorMessage === undefined ? "" : `: ${errorMessage}`,
    isClients && permission !== undefined ? `; it takes ${permission}` : "",
  ].join("");
  return new AgsError(`AGS answered ${request} with ${status}${detail}`, {
    status,
    errorCode,
    errorMessage,
    retryable: isTransient(status, errorCode) || isClients || status < 400,
    isOutage: isClients,
    retryAfter,
  });
}

/**
 * Whether AGS refuses this service's client and not what it asked for: a 401 that
 * another token can mend, or a 403 with a code that all of AGS's services share
 * (20013, insufficient permissions, …) or that its older ones have for the same.
 */
function isAboutClient(status: number, { errorCode, permission }: Words) {
  if (status === 401) return true;
  if (status !== 403) return false;
  const code = Number(errorCode);
  return permission !== undefined || Math.floor(code / 1_000) === 20 ||
    Math.floor(code / 1_000) === 1_154;
}

interface Words {
  readonly errorCode: number | string;
  readonly errorMessage: string | undefined;
  /** The permission that was missing: `ADMIN:…:FULFILLMENT [CREATE]`. */
  readonly permission: string | undefined;
}

/** IAM's endpoints that answer as OAuth says (RFC 6749, section 5.2). */
const OAUTH = /^\w+ \/iam\/v\d+\/oauth\//;

/** Reads AGS's own words; `undefined` for what are not. */
function wordsOf(request: string, body: Uint8Array): Words | undefined {
  const fields = parseObject(body);
  const code = codeOf(fields["errorCode"] ?? fields["ErrorCode"]) ??
    (OAUTH.test(request) ? oauthWord(fields["error"]) : undefined);
  if (code === undefined) return undefined;
  const text = fields["errorMessage"] ?? fields["ErrorMessage"] ??
    fields["error_description"];
  return {
    errorCode: code,
    errorMessage: typeof text === "string"
      ? withoutSecrets(text).slice(0, MAX_MESSAGE_LENGTH)
      : undefined,
    permission: permissionOf(fields["requiredPermission"]),
  };
}

/** A code: a whole number. Some services write it as text. */
function codeOf(value: unknown): number | string | undefined {
  if (Number.isSafeInteger(value)) return Number(value);
  const isText = typeof value === "string" && /^\d{1,9}$/.test(value);
  return isText ? value : undefined;
}

function oauthWord(value: unknown): string | undefined {
  return typeof value === "string" && value !== ""
    ? withoutSecrets(value).slice(0, MAX_MESSAGE_LENGTH)
    : undefined;
}

/** The bits of a permission's `action`, in their order. */
const ACTIONS = ["CREATE", "READ", "UPDATE", "DELETE"] as const;

function permissionOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { resource, action } = value as Record<string, unknown>;
  if (typeof resource !== "string" || !/^[\w:{}*.-]{1,200}$/.test(resource)) {
    return undefined;
  }
  const actions = ACTIONS.filter((_, bit) => Number(action) & (1 << bit));
  return `${resource} [${actions.join(", ")}]`;
}

/** What kind of content an answer says that it has. */
export function mediaType(headers: Headers): string {
  const type = headers.get("content-type")?.split(";")[0]?.trim() ?? "";
  return /^[\w.+-]{1,60}\/[\w.+-]{1,60}$/.test(type) ? type : "no content type";
}

/** What a refusal may take in memory, in bytes, for as long as it is read. */
const MAX_COST = 1024 * 1024;

function parseObject(body: Uint8Array): Record<string, unknown> {
  try {
    const value = parseBoundedJson(body, { maxCost: MAX_COST });
    if (typeof value === "object" && value !== null) return { ...value };
  } catch {
    // No JSON: a proxy's error page says nothing that the status does not.
  }
  return {};
}

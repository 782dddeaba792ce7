/**
 * Parses AGS's error answers, and tells them from those of proxies.
 *
 * @module
 */

import { withoutSecrets } from "../config/secret.ts";
import { parseBoundedJson } from "../core/bounded_json.ts";
import { parseRetryAfter } from "../core/peer_delay.ts";
import { codeText } from "./_error_codes.ts";
import { AgsError, isTransient } from "./errors.ts";

/**
 * The longest part of AGS's error text that is kept, including textual codes.
 */
const MAX_MESSAGE_LENGTH = 200;

/**
 * Parses an error answer. It counts as AGS's own only in AGS's format: its
 * standard body (`errorCode`, `errorMessage`), the lobby's older spelling
 * (`ErrorCode`, `ErrorMessage`), or the OAuth format (`error`,
 * `error_description`) of IAM's OAuth endpoints. Any other answer came from a
 * proxy, an ingress or a firewall, which knows nothing about the event, so the
 * event is delivered again.
 *
 * @param request The request, as `METHOD /route`.
 * @param response The answer; its body is `body`.
 * @param body The body; `undefined` if it was too large to read.
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
    ` (${codeText(errorCode)})`,
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
 * Whether AGS refuses this service's client rather than the request: a 401 that
 * a new token can fix, or a 403 with a code that all AGS services share (20013,
 * insufficient permissions, …) or the equivalent of older services.
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
  /** The missing permission: `ADMIN:…:FULFILLMENT [CREATE]`. */
  readonly permission: string | undefined;
}

/** IAM's endpoints that use OAuth errors (RFC 6749, section 5.2). */
const OAUTH = /^\w+ \/iam\/v\d+\/oauth\//;

/** Parses AGS's error body; `undefined` if it is not AGS's. */
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

/** The media type of an answer. */
export function mediaType(headers: Headers): string {
  const type = headers.get("content-type")?.split(";")[0]?.trim() ?? "";
  return /^[\w.+-]{1,60}\/[\w.+-]{1,60}$/.test(type) ? type : "no content type";
}

/** The memory that an error answer may take while it is read, in bytes. */
const MAX_COST = 1024 * 1024;

function parseObject(body: Uint8Array): Record<string, unknown> {
  try {
    const value = parseBoundedJson(body, { maxCost: MAX_COST });
    if (typeof value === "object" && value !== null) return { ...value };
  } catch {
    // Not JSON: a proxy's error page adds nothing to the status.
  }
  return {};
}

/**
 * Answers in the shapes that AGS uses for its errors: the standard body, the
 * validation body of 422, and the OAuth body of the token endpoint.
 *
 * What AGS's specifications leave open is decided here, once:
 *
 * - No code is defined for a path, method, size or media type that no service
 *   takes (a gateway answers those), so `errorCode` repeats the HTTP status.
 * - `errors[].errorCode` of a 422 repeats 20002 as a string.
 *
 * @module
 */

/** An answer before it is written: the body is JSON unless it is a string. */
export interface Answer {
  /** HTTP status. */
  readonly status: number;
  /** JSON value, or ready text when it is a string. */
  readonly body: unknown;
  /** Headers besides content type and length. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A permission as AGS writes it. */
export interface Permission {
  /** For instance `ADMIN:NAMESPACE:{namespace}:USER:{userId}:FULFILLMENT`. */
  readonly resource: string;
  /** Bits: 1 create, 2 read, 4 update, 8 delete. */
  readonly action: number;
}

/** One field that did not pass, as listed by a 422. */
export interface FieldError {
  /** Dotted path of the field. */
  readonly field: string;
  /** What is wrong with it. */
  readonly message: string;
  /** What was found. */
  readonly value?: unknown;
}

/** Longest piece of a refused value that an answer repeats, in characters. */
const MAX_ECHO = 100;

/** Builds a 200 answer. */
export function ok(body: unknown): Answer {
  return { status: 200, body };
}

/**
 * Builds an answer with AGS's standard error body.
 *
 * @param status HTTP status.
 * @param body The AGS error code, the message, and further fields.
 */
export function agsError(
  status: number,
  body: {
    readonly errorCode: number;
    readonly errorMessage: string;
    readonly [field: string]: unknown;
  },
): Answer {
  return { status, body };
}

/** Builds the answer to a missing, foreign, revoked or expired token. */
export function unauthorized(): Answer {
  return {
    ...agsError(401, {
      errorCode: 20001,
      errorMessage: "unauthorized access",
    }),
    headers: { "www-authenticate": "Bearer" },
  };
}

/** Builds the answer to a token that lacks the permission. */
export function forbidden(requiredPermission: Permission): Answer {
  return agsError(403, {
    errorCode: 20013,
    errorMessage: "insufficient permissions",
    requiredPermission,
  });
}

/** Builds the answer to a request that cannot be read at all. */
export function badRequest(errorMessage: string): Answer {
  return agsError(400, { errorCode: 20018, errorMessage });
}

/** Builds the answer to a request with fields out of their range. */
export function validationError(fields: readonly FieldError[]): Answer {
  return agsError(422, {
    errorCode: 20002,
    errorMessage: "validation error",
    errors: fields.map(({ field, message, value }) => ({
      errorCode: "20002",
      errorField: field,
      errorMessage: message,
      errorValue: echo(value),
    })),
  });
}

/** Builds the answer to an item identifier that the store does not have. */
export function itemNotFound(itemId: string, namespace: string): Answer {
  return agsError(404, {
    errorCode: 30341,
    errorMessage: `Item [${itemId}] does not exist in namespace [${namespace}]`,
    messageVariables: { itemId, namespace },
  });
}

/** Builds an answer of the layer before any service; see the module text. */
export function gatewayError(
  status: 404 | 405 | 413 | 415,
  errorMessage: string,
): Answer {
  return agsError(status, { errorCode: status, errorMessage });
}

/**
 * Builds an answer of the token endpoint, shaped as in RFC 6749 section 5.2.
 *
 * @param status HTTP status.
 * @param body The error word and its description.
 */
export function oauthError(
  status: number,
  body: { readonly error: string; readonly error_description: string },
): Answer {
  const answer = { status, body };
  // RFC 6749: a client that used HTTP Basic is told the scheme.
  return status === 401
    ? { ...answer, headers: { "www-authenticate": 'Basic realm="iam"' } }
    : answer;
}

/** The OAuth error word that goes with a status. */
export function oauthErrorWord(status: number): string {
  if (status === 401) return "invalid_client";
  if (status === 403) return "access_denied";
  if (status === 429) return "too_many_requests";
  return status >= 500 ? "server_error" : "invalid_request";
}

function echo(value: unknown): string {
  if (value === undefined || value === null) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return (text ?? "").slice(0, MAX_ECHO);
}

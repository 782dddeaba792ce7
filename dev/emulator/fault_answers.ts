/**
 * The answers of faults that answer something.
 *
 * @module
 */

import {
  agsError,
  type Answer,
  oauthError,
  oauthErrorWord,
  unauthorized,
} from "./errors.ts";
import type {
  ErrorFault,
  HtmlFault,
  TooManyRequestsFault,
  UnauthorizedFault,
} from "./fault_schema.ts";
import type { Route } from "./router.ts";

/** Faults that answer by themselves. */
export type AnsweringFault =
  | ErrorFault
  | HtmlFault
  | TooManyRequestsFault
  | UnauthorizedFault;

/** A page as proxies send it: not JSON whatever the caller accepts. */
const PAGE =
  "<!DOCTYPE html><html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1></body></html>\n";

/**
 * Builds the answer of a fault.
 *
 * @param fault The fault.
 * @param errors Shape of errors of the route the request is for.
 * @param now Time in milliseconds since the epoch, for dates in headers.
 */
export function faultAnswer(
  fault: AnsweringFault,
  { errors, now }: {
    readonly errors: Route["errors"];
    readonly now: number;
  },
): Answer {
  switch (fault.kind) {
    case "html":
      return {
        status: fault.status ?? 502,
        body: PAGE.padEnd(fault.bytes ?? 0),
        headers: { "content-type": "text/html; charset=utf-8" },
      };
    case "unauthorized":
      return errors === "oauth"
        ? shaped(401, { errorCode: 20001, message: "unauthorized", errors })
        : unauthorized();
    case "tooManyRequests":
      return {
        ...shaped(429, {
          errorCode: 20007,
          message: "too many requests",
          errors,
        }),
        headers: retryAfter(fault, now),
      };
    case "error": {
      const { status, errorCode = 20000 } = fault;
      if (fault.body !== undefined) return { status, body: fault.body };
      const message = fault.errorMessage ?? "emulated fault";
      return shaped(status, { errorCode, message, errors });
    }
  }
}

function shaped(
  status: number,
  { errorCode, message, errors }: {
    readonly errorCode: number;
    readonly message: string;
    readonly errors: Route["errors"];
  },
): Answer {
  return errors === "oauth"
    ? oauthError(status, {
      error: oauthErrorWord(status),
      error_description: message,
    })
    : agsError(status, { errorCode, errorMessage: message });
}

function retryAfter(
  { retryAfter: seconds = 1, format = "seconds" }: TooManyRequestsFault,
  now: number,
): Readonly<Record<string, string>> {
  if (format === "none") return {};
  return {
    "retry-after": format === "seconds"
      ? String(seconds)
      : new Date(now + seconds * 1000).toUTCString(),
  };
}

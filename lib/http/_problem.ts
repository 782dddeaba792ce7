/**
 * Problem answers: RFC 9457.
 *
 * @module
 */

import { type HttpAnswer, HttpProblem } from "../core/http.ts";

/** The title of each status. A peer learns nothing else. */
const TITLES: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  408: "Request did not arrive in time",
  409: "Conflict",
  413: "Body is too large",
  415: "Content type is not supported",
  422: "Content cannot be processed",
  429: "Too many requests",
  431: "Headers are too large",
  500: "Internal error",
  501: "Not implemented",
  503: "Unavailable",
};

const TYPE = "application/problem+json";

/** The default wait, in seconds. */
const RETRY_AFTER = "1";

/** The answer for a problem. */
export function answerOf({ status, headers }: HttpProblem): HttpAnswer {
  return {
    status,
    headers: [
      ["content-type", TYPE],
      ["cache-control", "no-store"],
      ...(status === 503 && !("retry-after" in headers)
        ? [["retry-after", RETRY_AFTER] as const]
        : []),
      ...Object.entries(headers),
    ],
    body: bodyOf(status),
  };
}

function bodyOf(status: number): string {
  const title = TITLES[status] ?? (status < 500 ? "Bad request" : "Failed");
  return JSON.stringify({ type: "about:blank", title, status });
}

/**
 * The answer for a problem in bytes: for a peer whose request cannot be parsed,
 * and whose connection then ends.
 */
export function rawAnswerOf(status: number): string {
  const body = bodyOf(status);
  return `HTTP/1.1 ${status} ${TITLES[status]}\r\nConnection: close\r\n` +
    `Content-Type: ${TYPE}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/**
 * The status for a parse error, by the code of `node:http`; `undefined` if
 * nobody is connected.
 */
export function statusOfParseError(code: unknown): number | undefined {
  switch (code) {
    case "ECONNRESET":
    case "EPIPE":
      return undefined;
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return 408;
    case "HPE_HEADER_OVERFLOW":
      return 431;
    default:
      return 400;
  }
}

/** Converts any thrown value to a problem: anything else is a bug. */
export function problemOf(error: unknown): HttpProblem {
  return error instanceof HttpProblem
    ? error
    : new HttpProblem(500, "Route failed", { cause: error });
}

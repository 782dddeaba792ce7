/**
 * Answers to requests that are not answered as they want: RFC 9457.
 *
 * @module
 */

import { type HttpAnswer, HttpProblem } from "../core/http.ts";

/** What each status is called. Nothing else is said to a peer. */
const TITLES: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  408: "Request has not come in time",
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

/** How long to wait where nothing else is known, in seconds. */
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
 * The answer for a problem in bytes: for a peer whose request cannot even be read, and
 * whose connection ends with it.
 */
export function rawAnswerOf(status: number): string {
  const body = bodyOf(status);
  return `HTTP/1.1 ${status} ${TITLES[status]}\r\nConnection: close\r\n` +
    `Content-Type: ${TYPE}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** Why a request was not read, by the code of `node:http`; `undefined`: nobody is left. */
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

/** What is thrown, as a problem: what is none is a bug. */
export function problemOf(error: unknown): HttpProblem {
  return error instanceof HttpProblem
    ? error
    : new HttpProblem(500, "Route has failed", { cause: error });
}

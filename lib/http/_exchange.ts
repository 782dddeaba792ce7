/**
 * One request and its answer, on top of `node:http`.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { CancelledError } from "../core/errors.ts";
import {
  type HttpAnswer,
  HttpProblem,
  type HttpRequest,
} from "../core/http.ts";
import { type Holding, readBody } from "./_body.ts";

/** What is known of a request before its route. */
export interface Target {
  /** The path without `BASE_PATH`. */
  readonly path: string;
  /** The query, without its `?`. */
  readonly search: string;
}

/**
 * What a request asks for.
 *
 * @param basePath What comes first; empty for nothing.
 * @throws {HttpProblem} 400: it is no path. 404: it is not below `basePath`.
 */
export function targetOf(url: string | undefined, basePath: string): Target {
  if (url === undefined || !url.startsWith("/")) {
    throw new HttpProblem(400, "Request's target is no path");
  }
  const end = url.indexOf("?");
  const whole = end < 0 ? url : url.slice(0, end);
  const search = end < 0 ? "" : url.slice(end + 1);
  const path = whole.slice(basePath.length);
  if (!whole.startsWith(basePath) || !path.startsWith("/")) {
    throw new HttpProblem(404, "Path is not below BASE_PATH");
  }
  return { path, search };
}

/** Header lines of a request, at most: short ones are cheap to send, and dear to keep. */
const MAX_LINES = 256;

/**
 * The headers, as the Fetch standard has them: each line that came counts.
 *
 * @throws {HttpProblem} 431: there are too many.
 */
export function headersOf({ rawHeaders }: IncomingMessage): Headers {
  if (rawHeaders.length > 2 * MAX_LINES) {
    throw new HttpProblem(431, "Too many header lines");
  }
  const headers = new Headers();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] ?? "", rawHeaders[index + 1] ?? "");
  }
  return headers;
}

/** Options of {@linkcode Exchange}. */
export interface ExchangeOptions {
  /** Most bytes of a body. */
  readonly maxBodyBytes: number;
  /** How long a body may take, in milliseconds. */
  readonly bodyTimeout: number;
  /** What bodies and answers are counted in. */
  readonly holding: Holding;
}

/** A request whose route is known. */
export class Exchange implements HttpRequest {
  readonly path: string;
  readonly search: string;
  readonly method: string;
  readonly #incoming: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #options: ExchangeOptions;
  #controller: AbortController | undefined;

  /** Takes what `node:http` has. */
  constructor(
    incoming: IncomingMessage,
    response: ServerResponse,
    options:
      & ExchangeOptions
      & Target
      & Pick<HttpRequest, "params" | "headers" | "peer">,
  ) {
    this.method = incoming.method ?? "GET";
    this.path = options.path;
    this.search = options.search;
    this.params = options.params;
    this.headers = options.headers;
    this.peer = options.peer;
    this.#incoming = incoming;
    this.#response = response;
    this.#options = options;
  }

  readonly params: Readonly<Record<string, string>>;
  readonly headers: Headers;
  readonly peer: string;

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      this.#controller = controller;
      const response = this.#response;
      const onClose = () => {
        if (!response.writableEnded) {
          controller.abort(new CancelledError("Caller went away"));
        }
      };
      if (response.destroyed) onClose();
      else response.once("close", onClose);
    }
    return this.#controller.signal;
  }

  body(maxBytes = Infinity): Promise<Uint8Array<ArrayBuffer>> {
    const { maxBodyBytes, bodyTimeout, holding } = this.#options;
    return readBody(this.#incoming, {
      maxBytes: Math.min(maxBytes, maxBodyBytes),
      timeout: bodyTimeout,
      holding,
    });
  }
}

/**
 * Sends an answer.
 *
 * @param isLast Whether the connection ends with it.
 */
export function send(
  response: ServerResponse,
  { status, headers = [], body = null }: HttpAnswer,
  isLast: boolean,
): void {
  if (response.destroyed || response.headersSent) return;
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const lines: string[] = [];
  for (const [name, value] of headers) lines.push(name, value);
  if (status !== 204 && status !== 304) {
    lines.push("content-length", String(bytes?.length ?? 0));
  }
  if (isLast) lines.push("connection", "close");
  response.writeHead(status, lines);
  if (bytes === null || status === 204) response.end();
  else response.end(bytes);
}

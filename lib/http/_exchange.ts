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

/** The target of a request, before routing. */
export interface Target {
  /** The path without `BASE_PATH`. */
  readonly path: string;
  /** The query, without its `?`. */
  readonly search: string;
}

/**
 * Parses the target of a request.
 *
 * @param basePath The path prefix; may be empty.
 * @throws {HttpProblem} 400: it is not a path. 404: it is not below `basePath`.
 */
export function targetOf(url: string | undefined, basePath: string): Target {
  if (url === undefined || !url.startsWith("/")) {
    throw new HttpProblem(400, "Request's target is not a path");
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

/**
 * The most header lines of a request: short ones are cheap to send and
 * expensive to keep.
 */
const MAX_LINES = 256;

/**
 * The headers as in the Fetch standard; repeated lines are kept.
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
  /** The size limit of a body. */
  readonly maxBodyBytes: number;
  /** The time limit for a body, in milliseconds. */
  readonly bodyTimeout: number;
  /** The memory budget for bodies and answers. */
  readonly holding: Holding;
}

/** A request with a route. */
export class Exchange implements HttpRequest {
  readonly path: string;
  readonly search: string;
  readonly method: string;
  readonly #incoming: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #options: ExchangeOptions;
  readonly #peerOf: () => string;
  #controller: AbortController | undefined;

  /** Wraps a request of `node:http`. */
  constructor(
    incoming: IncomingMessage,
    response: ServerResponse,
    options:
      & ExchangeOptions
      & Target
      & Pick<HttpRequest, "params" | "headers">
      & { readonly peerOf: () => string },
  ) {
    this.method = incoming.method ?? "GET";
    this.path = options.path;
    this.search = options.search;
    this.params = options.params;
    this.headers = options.headers;
    this.#peerOf = options.peerOf;
    this.#incoming = incoming;
    this.#response = response;
    this.#options = options;
  }

  readonly params: Readonly<Record<string, string>>;
  readonly headers: Headers;

  get peer(): string {
    return this.#peerOf();
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      this.#controller = controller;
      const response = this.#response;
      const onClose = () => {
        if (!response.writableEnded) {
          controller.abort(new CancelledError("Caller disconnected"));
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
 * @param isLast Whether to close the connection afterwards.
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

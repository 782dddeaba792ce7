/**
 * One HTTP request and its answer, to an address that has been checked.
 *
 * Uses Node's client, because `fetch` resolves the name again.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import {
  type IncomingMessage,
  request as requestHttp,
  type RequestOptions,
} from "node:http";
import { request as requestHttps } from "node:https";
import { isIP } from "node:net";

/** A request. */
export interface ExchangeRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
  /** The address of the host. */
  readonly address: string;
  /** Certificates to trust instead of the system's, in PEM. */
  readonly ca?: string | undefined;
  /** Aborts the exchange. */
  readonly signal: AbortSignal;
}

/** An answer. */
export interface ExchangeAnswer {
  readonly status: number;
  header(name: string): string | undefined;
  /** The body; `undefined` if it exceeds the size limit. */
  readonly text: string | undefined;
}

/** The longest answer that is read, in bytes. */
const MAX_ANSWER = 2 ** 20;

/**
 * Sends a request on its own connection and reads the answer. Does not follow
 * redirects.
 *
 * @throws The signal's reason, or the connection error.
 */
export function exchange(request: ExchangeRequest): Promise<ExchangeAnswer> {
  const { url, body, signal } = request;
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  const answered = Promise.withResolvers<ExchangeAnswer>();
  const sent = send(optionsOf(request));
  const onAbort = () => sent.destroy(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  sent.on("error", answered.reject);
  let isAnswered = false;
  sent.on("close", () => {
    if (isAnswered) return;
    answered.reject(new Error("Connection was closed without an answer"));
  });
  sent.on("response", (response) => {
    isAnswered = true;
    read(response).then(answered.resolve, answered.reject)
      .finally(() => sent.destroy());
  });
  if (signal.aborted) onAbort();
  else sent.end(body);
  return answered.promise
    .catch((error) => {
      signal.throwIfAborted();
      throw error;
    })
    .finally(() => signal.removeEventListener("abort", onAbort));
}

function optionsOf(
  { url, method, headers, body, address, ca }: ExchangeRequest,
): RequestOptions {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return {
    host: address,
    // The certificate has to match the name, not the address.
    ...(url.protocol === "https:" && isIP(host) === 0 && { servername: host }),
    ...(ca !== undefined && { ca }),
    port: url.port === "" ? (url.protocol === "https:" ? 443 : 80) : url.port,
    method,
    path: `${url.pathname}${url.search}`,
    headers: {
      ...headers,
      host: url.host,
      connection: "close",
      ...(body !== undefined && { "content-length": `${body.length}` }),
    },
    agent: false,
  } as RequestOptions;
}

async function read(response: IncomingMessage): Promise<ExchangeAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    if (size > MAX_ANSWER) break;
    chunks.push(chunk);
  }
  return {
    status: response.statusCode ?? 0,
    header(name) {
      const value = response.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
    text: size > MAX_ANSWER
      ? undefined
      : new TextDecoder().decode(Buffer.concat(chunks)),
  };
}

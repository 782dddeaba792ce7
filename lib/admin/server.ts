/**
 * The HTTP server for operators: `/metrics`, `/livez`, `/readyz`.
 *
 * @module
 */

import { NotReadyError } from "../core/source.ts";
import { listenOnAll } from "../core/listen_on_all.ts";

/** Options of {@linkcode startAdminServer}. */
export interface AdminServerOptions {
  /** The port; 0 takes any free one. */
  readonly port: number;
  /** The metrics in Prometheus text format. */
  readonly metrics: () => Promise<Metrics>;
  /**
   * Resolves if events can be handled now.
   *
   * @throws Why they cannot.
   */
  readonly ready: (signal: AbortSignal) => Promise<void>;
}

/** Metrics in their text form. */
export interface Metrics {
  /** The content type. */
  readonly contentType: string;
  /** The text. */
  readonly body: string;
}

/** A listening admin server. */
export interface AdminServer extends AsyncDisposable {
  /** The port it listens on. */
  readonly port: number;
}

/** Time limit for a readiness probe, in milliseconds. */
const READY_TIMEOUT = 2_000;

/**
 * Starts the server.
 *
 * `/livez`: the process is running. `/readyz`: it can handle events, according
 * to `ready`. `/metrics`: its metrics.
 *
 * @throws {ListenError} The port cannot be opened.
 */
export async function startAdminServer(
  options: AdminServerOptions,
): Promise<AdminServer> {
  const aborter = new AbortController();
  const servers = await listenOnAll(
    (hostname, port) => serve(options, { hostname, port }, aborter.signal),
    { port: options.port, setting: "METRICS_PORT" },
  );
  return {
    port: servers[0].port,
    async [Symbol.asyncDispose]() {
      // At once: a graceful end would wait for clients that have sent half a
      // request or do not read their answer.
      aborter.abort();
      await Promise.all(servers.map(({ finished }) => finished));
    },
  };
}

interface Serving {
  readonly port: number;
  readonly finished: Promise<void>;
}

function serve(
  options: AdminServerOptions,
  address: { readonly hostname: string; readonly port: number },
  signal: AbortSignal,
): Serving {
  const { addr, finished } = Deno.serve({
    ...address,
    signal,
    onListen: () => {},
    // Errors are not shown to the client.
    onError: () => plain("Internal error", 500),
  }, (request) => answer(request, options));
  return { port: addr.port, finished };
}

async function answer(
  request: Request,
  { metrics, ready }: AdminServerOptions,
): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return new Response("Method not allowed\n", {
      status: 405,
      headers: { allow: "GET, HEAD" },
    });
  }
  switch (new URL(request.url).pathname) {
    case "/livez":
      return plain("ok", 200);
    case "/readyz":
      return await ready(AbortSignal.timeout(READY_TIMEOUT)).then(
        () => plain("ok", 200),
        (error) =>
          plain(
            error instanceof NotReadyError
              ? error.message
              : "AGS login is not available",
            503,
          ),
      );
    case "/metrics": {
      const { body, contentType } = await metrics();
      return new Response(body, { headers: { "content-type": contentType } });
    }
    default:
      return plain("Not found", 404);
  }
}

function plain(text: string, status: number): Response {
  return new Response(`${text}\n`, { status });
}

/**
 * Tells the tools of the terminal what `task dev` knows, over loopback:
 *
 * | Request | Has |
 * | --- | --- |
 * | `GET /dev/status` | how the service is, and the number of the newest note |
 * | `GET /dev/deliveries?since=&type=&id=&wait=` | notes above that number; waits so many milliseconds for the first |
 *
 * @module
 */

import type { DeliveryLog } from "./log.ts";

/** How the service of `task dev` is. */
export interface ServiceState {
  /** Whether it takes events, is on its way to, or has ended. */
  readonly state: "starting" | "running" | "ended";
  /** Its exit code, once it has ended. */
  readonly code?: number;
  /** Where it takes gRPC calls. */
  readonly grpcPort?: number;
}

/** What is told. */
export interface DevFacts {
  /** The notes. */
  readonly log: DeliveryLog;
  /** How the service is. */
  readonly state: ServiceState;
}

/** Longest wait for a note, in milliseconds. */
const MAX_WAIT = 30_000;

/** A request, as far as it matters. */
export interface DevRequest {
  /** Path and query. */
  readonly target: string;
  /** The header `host`: a page on the web may reach loopback by another name. */
  readonly host: string | undefined;
}

/** What is answered. */
export interface DevAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** JSON. */
  readonly body: unknown;
}

/** Answers a request; `undefined` for what is not asked of `task dev`. */
export async function answerDev(
  { log, state }: DevFacts,
  { target, host }: DevRequest,
): Promise<DevAnswer | undefined> {
  const url = new URL(target, "http://localhost");
  if (!url.pathname.startsWith("/dev/")) return undefined;
  if (!/^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host ?? "")) {
    return { status: 403, body: { error: "Host is not this machine's own" } };
  }
  if (url.pathname === "/dev/status") {
    return { status: 200, body: { ...state, last: log.last } };
  }
  if (url.pathname !== "/dev/deliveries") {
    return { status: 404, body: { error: "No such page" } };
  }
  const { searchParams: query } = url;
  const wanted = {
    since: numberIn(query, "since"),
    type: query.get("type") ?? undefined,
    id: query.get("id") ?? undefined,
  };
  const signal = AbortSignal.timeout(
    Math.min(MAX_WAIT, numberIn(query, "wait")),
  );
  let deliveries = log.list(wanted);
  while (deliveries.length === 0 && !signal.aborted) {
    await log.more(signal);
    deliveries = log.list(wanted);
  }
  return { status: 200, body: { deliveries, last: log.last } };
}

function numberIn(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

/**
 * Listens for that alone, where no emulator does.
 *
 * @throws If the port cannot be listened on.
 */
export function startDevServer(
  facts: DevFacts,
  { port }: { readonly port: number },
): AsyncDisposable {
  const aborter = new AbortController();
  const server = Deno.serve({
    port,
    hostname: "127.0.0.1",
    signal: aborter.signal,
    onListen() {},
  }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const answer = request.method !== "GET" ? undefined : await answerDev(
      facts,
      {
        target: pathname + search,
        host: request.headers.get("host") ?? undefined,
      },
    );
    const { status, body } = answer ?? { status: 404, body: { error: "?" } };
    return Response.json(body, { status });
  });
  return {
    async [Symbol.asyncDispose]() {
      aborter.abort();
      await server.finished;
    },
  };
}

/**
 * Puts the Web PubSub emulator together.
 *
 * @module
 */

import type { IncomingMessage } from "node:http";
import { ClientFront } from "./client_front.ts";
import { tellGroup } from "./events.ts";
import { type Fault, FAULT_KINDS, Faults } from "./faults.ts";
import { Hubs } from "./hubs.ts";
import {
  DEFAULT_ACCESS_KEY,
  type EventHandlerSettings,
  type WebPubSubEmulatorOptions,
} from "./options.ts";
import { RestApi } from "./rest.ts";
import { type Answer, startServer } from "./server.ts";
import { Tokens } from "./tokens.ts";
import { Upstream } from "./upstream.ts";

/** A running emulator. Disposing ends it, its clients and what it delivers. */
export interface WebPubSubEmulator extends AsyncDisposable {
  /** Where it is: `http://127.0.0.1:<port>`. */
  readonly endpoint: string;
  /** Its port. */
  readonly port: number;
  /** What it names itself to upstreams: its host without the port. */
  readonly origin: string;
  /** The connection string, with the primary key. */
  readonly connectionString: string;
  /** Lets something go wrong on the way to the upstream. */
  fault(fault: Fault): void;
}

/**
 * Starts an emulator of Azure Web PubSub.
 *
 * @example
 * ```ts
 * import { startWebPubSubEmulator } from "./mod.ts";
 *
 * await using emulator = await startWebPubSubEmulator({
 *   upstream: "http://127.0.0.1:8000/upstream",
 * });
 * ```
 *
 * @throws The port is taken or not allowed.
 */
export async function startWebPubSubEmulator(
  options: WebPubSubEmulatorOptions = {},
): Promise<WebPubSubEmulator> {
  const { hostname = "127.0.0.1", print = () => {} } = options;
  const { accessKey = DEFAULT_ACCESS_KEY, secondaryKey } = options;
  const keys = secondaryKey === undefined
    ? [accessKey]
    : [accessKey, secondaryKey];
  const tokens = new Tokens(keys);
  const faults = new Faults();
  const upstream = new Upstream({
    handlers: handlersOf(options.upstream),
    origin: hostname,
    keys,
    retryDelays: options.retryDelays ?? [1_000, 3_000, 5_000],
    timeout: options.timeout ?? 100_000,
    faults,
    print,
  });
  const hubs = new Hubs((connection, event, group) =>
    tellGroup(upstream, connection, { event, group })
  );
  let port = options.port ?? 0;
  const endpoint = () => `http://${hostname}:${port}`;
  const hosts = () =>
    new Set(
      [hostname, "127.0.0.1", "localhost"].map((host) => `${host}:${port}`),
    );
  const front = new ClientFront({
    tokens,
    allowAnonymous: options.allowAnonymous ?? false,
    hosts,
    hubs,
    upstream,
    recoveryTime: options.recoveryTime ?? 30_000,
    print,
  });
  const rest = new RestApi({ tokens, hubs, endpoint, hosts });
  const server = await startServer({
    request: async (request, body) => {
      const url = new URL(request.url ?? "/", endpoint());
      const answer = await answerRequest({ request, url, body, rest, faults });
      print(`  ${request.method} ${url.pathname} ${answer.status}`);
      return answer;
    },
    upgrade: (request, socket, head) => front.upgrade(request, socket, head),
  }, { hostname, port });
  port = server.port;
  return {
    endpoint: endpoint(),
    port,
    origin: hostname,
    connectionString:
      `Endpoint=${endpoint()};AccessKey=${accessKey};Version=1.0;`,
    fault: (fault) => faults.add(fault),
    async [Symbol.asyncDispose]() {
      front.terminate();
      await upstream[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

function handlersOf(
  upstream: string | readonly EventHandlerSettings[] = [],
): readonly EventHandlerSettings[] {
  return typeof upstream === "string"
    ? [{ url: upstream, groupEvents: ["joined", "left"] }]
    : upstream;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly rest: RestApi;
  readonly faults: Faults;
}

async function answerRequest(
  { request, url, body, rest, faults }: Exchange,
): Promise<Answer> {
  // A client that has forgotten to speak WebSocket.
  if (ClientFront.isPath(url.pathname)) return { status: 400 };
  if (url.pathname === "/emulator/faults") {
    return addFault(request, body, faults);
  }
  if (!url.pathname.startsWith("/api/")) return { status: 404 };
  return await rest.answer({
    method: request.method ?? "GET",
    url,
    header: (name) => request.headers[name]?.toString(),
    body,
  });
}

/** `POST {"kind":"loseAnswer","event":"message","count":1}`. */
function addFault(
  { method }: IncomingMessage,
  body: Uint8Array,
  faults: Faults,
): Answer {
  if (method !== "POST") return { status: 405 };
  try {
    const { kind, event, count } = JSON.parse(new TextDecoder().decode(body));
    const isFine = FAULT_KINDS.includes(kind) &&
      (event === undefined || typeof event === "string") &&
      (count === undefined || Number.isInteger(count) && count > 0);
    if (!isFine) return { status: 400 };
    faults.add({ kind, event, count });
    return { status: 204 };
  } catch {
    return { status: 400 };
  }
}

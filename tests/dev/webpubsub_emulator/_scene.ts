/**
 * An emulator with an upstream of the library's, and clients.
 *
 * @module
 */

import {
  startWebPubSubEmulator,
  type WebPubSubEmulator,
  type WebPubSubEmulatorOptions,
} from "../../../dev/webpubsub_emulator/mod.ts";
import {
  AccessKeyValidator,
  createWebPubSubClient,
  type HubService,
  type UpstreamHandlers,
  WebPubSubUpstream,
} from "event-handler/web-pubsub";
import { RecordedLog } from "../../webpubsub/_vectors.ts";

/** A request that the upstream got. */
export interface Got {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
  readonly status: number;
}

/** An emulator and its upstream. */
export interface Scene extends AsyncDisposable {
  readonly emulator: WebPubSubEmulator;
  /** What the upstream got, in order. */
  readonly got: readonly Got[];
  /** What the emulator printed. */
  readonly printed: readonly string[];
  /** The hub `chat`. */
  readonly hub: HubService;
  /** Events that the upstream got, by name. */
  events(name: string): readonly Got[];
}

/** Options of {@linkcode startScene}. */
export interface SceneOptions extends Partial<WebPubSubEmulatorOptions> {
  /** What the upstream does. */
  readonly handlers?: UpstreamHandlers;
  /** Answers instead of the library, if it answers. */
  readonly intercept?: (
    request: Request,
    count: number,
  ) => Response | undefined | Promise<Response | undefined>;
  /** The path of the upstream's template. @default {"/upstream"} */
  readonly path?: string;
}

/** Starts both; waits between deliveries are short. */
export async function startScene(
  { handlers = {}, intercept, path = "/upstream", ...options }: SceneOptions =
    {},
): Promise<Scene> {
  const got: Got[] = [];
  const printed: string[] = [];
  // It needs the emulator's key, and the emulator its address.
  const upstream: { library?: WebPubSubUpstream } = {};
  let count = 0;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const { method, url, headers, signal } = request;
      const body = await request.clone().text();
      const isEvent = method === "POST";
      const response = await intercept?.(request, isEvent ? ++count : 0) ??
        await upstream.library?.handle(request, { signal }) ??
        new Response(null, { status: 500 });
      const { status } = response;
      got.push({
        method,
        path: url.slice(new URL(url).origin.length),
        headers,
        body,
        status,
      });
      return response;
    },
  );
  const emulator = await startWebPubSubEmulator({
    upstream: `http://127.0.0.1:${server.addr.port}${path}`,
    retryDelays: [1, 1, 1],
    print: (line) => printed.push(line),
    ...options,
  });
  const { connectionString } = emulator;
  upstream.library = new WebPubSubUpstream({
    validator: new AccessKeyValidator(connectionString),
    log: new RecordedLog(),
    ...handlers,
  });
  return {
    emulator,
    got,
    printed,
    hub: createWebPubSubClient({ connectionString }).hub("chat"),
    events: (name) =>
      got.filter(({ headers }) => headers.get("ce-eventname") === name),
    async [Symbol.asyncDispose]() {
      await emulator[Symbol.asyncDispose]();
      await upstream.library?.drain(AbortSignal.abort());
      await server.shutdown();
    },
  };
}

/** A plain WebSocket whose frames are waited for. */
export class TestSocket implements AsyncDisposable {
  readonly #socket: WebSocket;
  readonly #frames: (string | Uint8Array)[] = [];
  readonly #waiting: ((frame: string | Uint8Array) => void)[] = [];
  readonly #opened = Promise.withResolvers<void>();
  /** How it was closed. */
  readonly closed: Promise<CloseEvent>;

  constructor(url: string, protocols: string | string[] = []) {
    this.#socket = new WebSocket(url, protocols);
    this.#socket.binaryType = "arraybuffer";
    this.closed = new Promise((resolve) =>
      this.#socket.addEventListener("close", resolve)
    );
    this.#socket.addEventListener("open", () => this.#opened.resolve());
    this.#socket.addEventListener(
      "error",
      (event) => this.#opened.reject(new Error((event as ErrorEvent).message)),
    );
    this.#opened.promise.catch(() => {});
    this.#socket.addEventListener("message", ({ data }) => {
      const frame = typeof data === "string" ? data : new Uint8Array(data);
      const next = this.#waiting.shift();
      if (next === undefined) this.#frames.push(frame);
      else next(frame);
    });
  }

  /** Rejects if it is not let in. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** The subprotocol that was agreed on. */
  get protocol(): string {
    return this.#socket.protocol;
  }

  send(frame: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(frame);
  }

  /** Sends a frame of the JSON subprotocol. */
  sendJson(frame: unknown): void {
    this.send(JSON.stringify(frame));
  }

  /** The next frame. */
  async next(): Promise<string | Uint8Array> {
    const frame = this.#frames.shift();
    if (frame !== undefined) return frame;
    return await new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The next frame, as JSON. */
  // deno-lint-ignore no-explicit-any -- whatever the emulator sends
  async nextJson(): Promise<any> {
    return JSON.parse(String(await this.next()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.readyState < WebSocket.CLOSING) this.#socket.close(1000);
    await this.closed;
  }
}

/** The subprotocols. */
export const JSON_PROTOCOL = "json.webpubsub.azure.v1";
export const RELIABLE_PROTOCOL = "json.reliable.webpubsub.azure.v1";

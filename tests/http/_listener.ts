/**
 * A listener on a free port, and raw bytes to it.
 *
 * @module
 */

import { HTTP_SETTINGS, type HttpConfig } from "../../lib/config/http.ts";
import { parseSettings } from "../../lib/config/parse.ts";
import type { HttpRoute } from "../../lib/core/http.ts";
import {
  type HttpListener,
  openHttpListener,
} from "../../lib/http/listener.ts";
import type { HttpMetrics } from "../../lib/http/metrics.ts";
import { type RecordingLogger, recordLog } from "../_support/log.ts";

/** The defaults, on any free port. */
export function httpConfig(overrides: Partial<HttpConfig> = {}): HttpConfig {
  const { config } = parseSettings<typeof HTTP_SETTINGS, HttpConfig>({}, {
    settings: HTTP_SETTINGS,
  });
  return { ...config, httpPort: 0, ...overrides };
}

/** A listener under test. */
export interface TestListener extends AsyncDisposable {
  readonly listener: HttpListener;
  readonly log: RecordingLogger;
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
}

/** Opens one that is started. */
export async function startListener(
  { routes = [], config = {}, metrics }: {
    readonly routes?: readonly HttpRoute[];
    readonly config?: Partial<HttpConfig>;
    readonly metrics?: HttpMetrics;
  },
): Promise<TestListener> {
  const log = recordLog();
  const listener = await openHttpListener({
    config: httpConfig(config),
    log,
    ...(metrics && { metrics }),
  });
  listener.add(...routes);
  listener.start();
  return {
    listener,
    log,
    url: `http://127.0.0.1:${listener.port}`,
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  };
}

/** Sends bytes as they are, and reads until the other side ends the connection. */
export async function exchange(
  port: number,
  ...pieces: readonly (string | Uint8Array)[]
): Promise<string> {
  using socket = await Deno.connect({ hostname: "127.0.0.1", port });
  for (const piece of pieces) {
    const bytes = typeof piece === "string"
      ? new TextEncoder().encode(piece)
      : piece;
    for (let sent = 0; sent < bytes.length;) {
      // Whoever has closed does not read: what it said before is read below.
      const count = await socket.write(bytes.subarray(sent)).catch(() => 0);
      if (count === 0) break;
      sent += count;
    }
  }
  return await readAll(socket);
}

/** All that comes until the other side ends the connection. */
export async function readAll(socket: Deno.Conn): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(65_536);
  const decoder = new TextDecoder();
  for (;;) {
    const count = await socket.read(buffer).catch(() => null);
    if (count === null) return text;
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
}

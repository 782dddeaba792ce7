/**
 * The service with Web PubSub as its only source, and a folder of its own for its inbox.
 *
 * @module
 */

import { join } from "node:path";
import { allLogs } from "../../lib/telemetry/log.ts";
import type { Config } from "../../lib/core/config.ts";
import type { Handler } from "../../lib/core/on.ts";
import { type Service, startService } from "../../lib/service.ts";
import { testConfig } from "../_support/config.ts";
import { type RecordingLogger, recordLog } from "../_support/log.ts";
import { PROTO_FOLDER } from "../grpc/_fixture.ts";
import { Secret } from "../../lib/config/secret.ts";
import { connectionString, K1 } from "./_vectors.ts";

/** An answer that has been read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** A running service. Disposing ends it. */
export interface TestService extends AsyncDisposable {
  readonly service: Service;
  readonly log: RecordingLogger;
  /** What the log says of events, in order. */
  readonly outcomes: readonly string[];
  /** Dead letters, as the file has them. */
  letters(): Promise<readonly Record<string, unknown>[]>;
  /** Sends an event. */
  send(
    headers: Readonly<Record<string, string>>,
    body?: BodyInit,
    options?: { readonly search?: string; readonly method?: string },
  ): Promise<Answer>;
  /** What `/metrics` says. */
  metrics(): Promise<string>;
}

/** Starts it with handlers. */
export async function startWebPubSub(
  handlers: readonly Handler[],
  config: Partial<Config> = {},
): Promise<TestService> {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const log = recordLog();
  const letterFile = join(folder, "letters.jsonl");
  const service = stack.use(
    await startService({
      config: testConfig({
        sources: ["webPubSub"],
        webPubSubConnectionStrings: [new Secret(connectionString(K1))],
        inbox: `file:${folder}/inbox` as Config["inbox"],
        deadLetter: `file:${letterFile}`,
        ...config,
      }),
      handlers,
      protoFolder: PROTO_FOLDER,
      log,
      logs: allLogs(log),
    }),
  );
  const url = `http://127.0.0.1:${service.portOf("webPubSub")}/upstream`;
  const running = stack.move();
  return {
    service,
    log,
    get outcomes() {
      return log.lines.filter(({ message }) => /^Event \w+$/.test(message))
        .map(({ fields }) => String(fields.outcome));
    },
    async letters() {
      const text = await Deno.readTextFile(letterFile).catch(() => "");
      return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
    },
    async send(headers, body = "", { search = "", method = "POST" } = {}) {
      const response = await fetch(url + search, {
        method,
        headers,
        ...(method === "POST" && { body }),
      });
      return {
        status: response.status,
        headers: response.headers,
        body: await response.text(),
      };
    },
    async metrics() {
      const port = service.metricsPort;
      return await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

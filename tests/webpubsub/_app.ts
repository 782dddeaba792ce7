/**
 * The conformance apps as processes of their own.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { K1, K2, ORIGIN } from "./_vectors.ts";
import { PATIENCE } from "../_support/patience.ts";

/** A running app. Disposing ends it. */
export interface App extends AsyncDisposable {
  /** Where it takes events. */
  readonly url: string;
  /** Its port. */
  readonly port: number;
  /** What it has written so far, standard output and error mixed. */
  readonly output: string;
  /** Ends it with SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
}

/** Options of {@linkcode startApp}. */
export interface AppOptions {
  /** Variables. @default {two keys of one service} */
  readonly env?: Readonly<Record<string, string>>;
  /** Which app: made with the library alone, or the service. */
  readonly program: "library_app.ts" | "conformance_app.ts";
  /** Where it runs, and has its inbox. @default {a folder that ends with it} */
  readonly folder?: string;
}

/** Keys as the apps take them. */
export const KEYS: Readonly<Record<string, string>> = {
  ORIGIN,
  KEY: K1,
  KEY2: K2,
};

/** Starts the app on a free port and waits until it listens. */
export async function startApp(options: AppOptions): Promise<App> {
  const { env = KEYS, program } = options;
  const folder = options.folder ?? await Deno.makeTempDir();
  const main = fileURLToPath(new URL(program, import.meta.url));
  const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "-A", "--config", config, main],
    cwd: folder,
    env: { SHUTDOWN_GRACE: "2s", ...env, HTTP_PORT: "0", NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let output = "";
  const url = Promise.withResolvers<string>();
  async function read(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      output += text;
      const found = /^http:\S+$/m.exec(output)?.[0];
      if (found !== undefined) url.resolve(found);
    }
  }
  const ended = Promise.all([read(process.stdout), read(process.stderr)]);
  ended.then(() => url.reject(new Error(`App has ended:\n${output}`)));
  const guard = setTimeout(() => process.kill("SIGKILL"), PATIENCE);
  const found = await url.promise.finally(() => clearTimeout(guard));
  let isEnded = false;

  async function end(signal: Deno.Signal): Promise<void> {
    if (!isEnded) process.kill(signal);
    isEnded = true;
    await process.status;
    await ended;
  }

  return {
    url: found,
    port: Number(new URL(found).port),
    get output() {
      return output;
    },
    kill: () => end("SIGKILL"),
    async [Symbol.asyncDispose]() {
      await end("SIGTERM");
      if (options.folder === undefined) {
        await Deno.remove(folder, { recursive: true });
      }
    },
  };
}

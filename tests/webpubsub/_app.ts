/**
 * The conformance app as a process of its own.
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
}

/** Starts the app on a free port and waits until it listens. */
export async function startApp(
  env: Readonly<Record<string, string>> = { ORIGIN, KEY: K1, KEY2: K2 },
): Promise<App> {
  const main = fileURLToPath(new URL("conformance_app.ts", import.meta.url));
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-net", "--allow-env", main],
    env: { ...env, HTTP_PORT: "0", NO_COLOR: "1" },
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
  return {
    url: found,
    port: Number(new URL(found).port),
    get output() {
      return output;
    },
    async [Symbol.asyncDispose]() {
      process.kill("SIGTERM");
      await process.status;
      await ended;
    },
  };
}

/**
 * The conformance app as a process of its own, which can be killed.
 *
 * @module
 */

import { join } from "node:path";
import { TextLineStream } from "./_lines.ts";

/** A running app. Disposing kills it. */
export interface App extends AsyncDisposable {
  /** Where events are sent to. */
  readonly url: string;
  readonly pid: number;
  /** Ends the process at once, as `kill -9` does. */
  kill(): Promise<void>;
  /** Asks it to end, and waits. */
  stop(): Promise<void>;
}

/** Starts it, and waits until it listens. */
export async function startApp(
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<App> {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-qA",
      "--no-check",
      "--v8-flags=--max-semi-space-size=8,--max-old-space-size=128",
      join(import.meta.dirname ?? ".", "conformance_app.ts"),
    ],
    env: {
      HTTP_PORT: "0",
      ARCHIVE_FOLDER: join(folder, "archive"),
      INBOX_FOLDER: join(folder, "inbox"),
      LOG_LEVEL: "error",
      ...env,
    },
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = process.stdout.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream()).getReader();
  let url: string | undefined;
  while (url === undefined) {
    const { value, done } = await lines.read();
    if (done) throw new Error("App has ended before it listened");
    if (value.startsWith("http")) url = value;
  }
  const rest = (async () => {
    while (!(await lines.read()).done);
  })();
  let ended = false;
  const end = async (signal: Deno.Signal) => {
    if (ended) return;
    ended = true;
    process.kill(signal);
    await process.status;
    await rest;
  };
  return {
    url,
    pid: process.pid,
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
    [Symbol.asyncDispose]: () => end("SIGKILL"),
  };
}

/**
 * The three servers of a measurement: the AGS stand-in, the bare server, and the
 * service as it runs in production.
 *
 * @module
 */

import { freePort } from "../dev/free_port.ts";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import denoConfig from "../deno.json" with { type: "json" };
import { allSettings } from "../dev/all_settings.ts";
import { call } from "./call.ts";
import { BenchError } from "./errors.ts";
import { MAX_CALLS } from "./load.ts";
import { type ServerProcess, startProcess } from "./process.ts";
import {
  ITEM_ID,
  type Journal,
  JOURNAL_PATH,
  NAMESPACE,
  REPOSITORY,
} from "./scene.ts";

/** The AGS stand-in. Disposing ends it. */
export interface Backend extends AsyncDisposable {
  /** Its address. */
  readonly url: string;
  /** What it has been asked; from now on it keeps the next grant. */
  journal(): Promise<Journal>;
}

/** A server that is measured. Disposing ends it. */
export interface Side extends AsyncDisposable {
  /** What messages call it. */
  readonly name: string;
  /** Where it takes events: `host:port`. */
  readonly address: string;
  /** The process. */
  readonly process: ServerProcess;
  /** From the start of the process until it took events, in milliseconds. */
  readonly startTime: number;
}

/** What a server is started with. */
export interface SideOptions {
  /** Where AGS is. */
  readonly agsUrl: string;
  /** The event: the bare server has no other way to show that it is ready. */
  readonly event: { readonly path: string; readonly bytes: Uint8Array };
  /** The service's command, in place of `./task start`. */
  readonly command?: readonly string[] | undefined;
  /** Settings of the service beside the usual ones. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Ends the start. */
  readonly signal: AbortSignal;
}

const HOST = "127.0.0.1";

/** How long a server may take to start, in milliseconds. */
const START_TIMEOUT = 30_000;

/** How often a starting server is asked, in milliseconds. */
const POLL_INTERVAL = 2;

/** Starts the AGS stand-in. */
export async function startBackend(signal: AbortSignal): Promise<Backend> {
  await using stack = new AsyncDisposableStack();
  const process = stack.use(startProcess({
    name: "AGS stand-in",
    command: ownServer("backend.ts"),
    env: environment(),
    stdout: "piped",
  }));
  const port = await firstLine(process, signal);
  const url = `http://${HOST}:${port}`;
  const running = stack.move();
  return {
    url,
    async journal() {
      process.assertRunning();
      const response = await fetch(`${url}${JOURNAL_PATH}`, { signal });
      return await response.json();
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Starts the bare server. */
export async function startBaseline(options: SideOptions): Promise<Side> {
  const port = freePort();
  const { event, agsUrl, signal } = options;
  return await startSide({
    name: "baseline",
    port,
    command: [...ownServer("baseline.ts"), `${port}`, agsUrl],
    env: environment(),
    signal,
    isReady: async (address) => {
      const { status } = await call(address, event.path, event.bytes);
      return status === "OK";
    },
  });
}

const HEALTH_CHECK = "/grpc.health.v1.Health/Check";

/** `HealthCheckResponse { status: SERVING }` */
const SERVING = [0x08, 0x01];

/** Starts the service. */
export async function startService(options: SideOptions): Promise<Side> {
  const port = freePort();
  const own: Record<string, string> = {
    AB_BASE_URL: options.agsUrl,
    AB_CLIENT_ID: "bench-client",
    AB_CLIENT_SECRET: "bench-secret",
    AB_NAMESPACE: NAMESPACE,
    ITEM_ID_TO_GRANT: ITEM_ID,
    GRPC_PORT: `${port}`,
    METRICS_PORT: `${freePort()}`,
    MAX_CONCURRENCY: `${2 * MAX_CALLS}`,
    // The load is one event, sent again and again.
    IDEMPOTENCY_STORE: "none",
    ...options.settings,
  };
  return await startSide({
    name: "service",
    port,
    command: options.command ?? startTask(),
    env: serviceEnvironment(own),
    signal: options.signal,
    isReady: async (address) => {
      const { bytes } = await call(address, HEALTH_CHECK, new Uint8Array());
      return SERVING.every((byte, index) => bytes[index] === byte);
    },
  });
}

/** All variables of a service: every setting is set, so that no .env file has a say. */
export function serviceEnvironment(
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const defaults = allSettings.map(({ env, default: value = "" }) =>
    [env, value] as const
  );
  return { ...environment(), ...Object.fromEntries(defaults), ...own };
}

/** Files, one handler each, of a start that {@linkcode timeFilesStart} times. */
export type FileCount = 2 | 10;

/** How long the service takes to start with handlers over so many files, in ms. */
export async function timeFilesStart(
  files: FileCount,
  signal: AbortSignal,
): Promise<number> {
  const start = performance.now();
  await using process = startProcess({
    name: `service with ${files} files`,
    command: [...ownServer("files_server.ts"), `${files}`],
    env: environment(),
    stdout: "piped",
  });
  await firstLine(process, signal);
  return performance.now() - start;
}

interface StartOptions {
  readonly name: string;
  readonly port: number;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly isReady: (address: string) => Promise<boolean>;
  readonly signal: AbortSignal;
}

async function startSide(options: StartOptions): Promise<Side> {
  const { name, port, isReady, signal } = options;
  const address = `${HOST}:${port}`;
  await using stack = new AsyncDisposableStack();
  const start = performance.now();
  const process = stack.use(startProcess(options));
  // A gRPC client that finds no port waits a second before it looks again.
  while (!(await isListening(port) && await isReady(address))) {
    process.assertRunning();
    if (performance.now() - start > START_TIMEOUT) {
      throw new BenchError(
        `The ${name} takes no events after ${START_TIMEOUT} ms`,
      );
    }
    await delay(POLL_INTERVAL, undefined, { signal });
  }
  const startTime = performance.now() - start;
  const running = stack.move();
  return {
    name,
    address,
    process,
    startTime,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Whether somebody listens on a port of this machine. */
export async function isListening(port: number): Promise<boolean> {
  try {
    using _connection = await Deno.connect({ hostname: HOST, port });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}

function ownServer(file: string): string[] {
  const path = join(REPOSITORY, "bench", file);
  const flags = ["--allow-net", "--allow-env", "--allow-read"];
  return [Deno.execPath(), "run", ...flags, path];
}

/** The command of `./task start`. It runs in the repository, as the bench does. */
export function startTask(): readonly string[] {
  return splitCommand(denoConfig.tasks.start.command);
}

/**
 * Splits a command at its spaces; `deno` is this Deno.
 *
 * @throws {BenchError} It is empty.
 */
export function splitCommand(text: string): readonly string[] {
  const [program, ...args] = text.trim().split(/\s+/);
  if (!program) {
    throw new BenchError("The service's command is empty: expected a program");
  }
  return [program === "deno" ? Deno.execPath() : program, ...args];
}

/** This process's variables, without those that turn telemetry on. */
function environment(): Record<string, string> {
  const all = Object.entries(Deno.env.toObject());
  return Object.fromEntries(all.filter(([name]) => !name.startsWith("OTEL_")));
}

async function firstLine(
  { name, stdout }: ServerProcess,
  signal: AbortSignal,
): Promise<string> {
  const patience = AbortSignal.any([
    signal,
    AbortSignal.timeout(START_TIMEOUT),
  ]);
  const reader = stdout.getReader();
  const onAbort = () => reader.cancel();
  patience.addEventListener("abort", onAbort);
  try {
    const { value } = await reader.read();
    const line = new TextDecoder().decode(value).trim();
    signal.throwIfAborted();
    if (line === "") throw new BenchError(`The ${name} did not start`);
    return line;
  } finally {
    patience.removeEventListener("abort", onAbort);
    reader.releaseLock();
  }
}

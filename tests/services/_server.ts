/**
 * Other people's servers, each as a process of its own.
 *
 * @module
 */

import { freePort } from "../../dev/free_port.ts";
import { until } from "./_until.ts";

/** Options of {@linkcode startServer}. */
export interface ServerOptions {
  /** The program. */
  readonly command: string;
  /** Its arguments, for a port that is free. */
  readonly args: (port: number) => readonly string[];
  /** Variables beside the test's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it is ready, asked until it is; what it throws means no. */
  readonly isReady: (port: number, signal: AbortSignal) => Promise<boolean>;
  /** How long the start may take, in milliseconds. @default {30000} */
  readonly patience?: number;
}

/** A server that is ready. Disposing ends it. */
export interface Server extends AsyncDisposable {
  /** The port that its arguments were made for. */
  readonly port: number;
  /** Its process id. */
  readonly pid: number;
  /** The end of what it wrote, standard output and error mixed. */
  readonly output: string;
}

/** How much of a server's output is kept, in characters. */
const MAX_OUTPUT = 20_000;

/** How long a server may take to end by itself, in milliseconds. */
const GRACE = 5_000;

/** How long a server may live, in milliseconds: no test waits for ever. */
const LIFETIME = 180_000;

/** How often another port is tried when somebody else took the free one meanwhile. */
const PORT_TRIES = 3;

/**
 * Starts a server on a free port and waits until it is ready.
 *
 * @throws {Error} It ended, or was not ready in time; the message has its output.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  for (let tries = 1;; tries++) {
    const server = spawn(options, freePort());
    const failure = await untilReady(server, options);
    if (failure === undefined) return server;
    await server[Symbol.asyncDispose]();
    if (tries < PORT_TRIES && /already in use/i.test(server.output)) continue;
    throw new Error(
      `${options.command} did not start:\n${server.output}`,
      { cause: failure },
    );
  }
}

/** Why it is not ready, or `undefined`. */
async function untilReady(
  server: Process,
  { command, isReady, patience = 120_000 }: ServerOptions,
): Promise<unknown> {
  const ended = new Error(`${command} has ended`);
  const ask = async (signal: AbortSignal) => {
    if (server.hasEnded()) return ended;
    return await isReady(server.port, signal) ? READY : undefined;
  };
  const answer = await until(`${command} to be ready`, ask, { patience })
    .catch((error: unknown) => error);
  return answer === READY ? undefined : answer;
}

const READY = Symbol("ready");

interface Process extends Server {
  hasEnded(): boolean;
}

function spawn({ command, args, env }: ServerOptions, port: number): Process {
  const child = new Deno.Command(command, {
    args: [...args(port)],
    ...(env !== undefined && { env }),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let output = "";
  const keep = async (stream: ReadableStream<Uint8Array>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      output = (output + text).slice(-MAX_OUTPUT);
    }
  };
  let isOver = false;
  const tooLong = setTimeout(() => child.kill("SIGKILL"), LIFETIME);
  const ended = Promise.all([
    child.status.then(() => isOver = true),
    keep(child.stdout),
    keep(child.stderr),
  ]);
  return {
    port,
    pid: child.pid,
    get output() {
      return output;
    },
    hasEnded: () => isOver,
    async [Symbol.asyncDispose]() {
      const kill = (signal: Deno.Signal) => {
        if (!isOver) child.kill(signal);
      };
      kill("SIGTERM");
      const timer = setTimeout(() => kill("SIGKILL"), GRACE);
      await ended;
      clearTimeout(timer);
      clearTimeout(tooLong);
    },
  };
}

/** Whether a GET is answered with a status of 200 to 299. */
export async function answers(
  url: string,
  signal: AbortSignal,
): Promise<boolean> {
  const response = await fetch(url, { signal });
  await response.body?.cancel();
  return response.ok;
}

/** Whether somebody listens on a port of this machine. */
export async function isListening(port: number): Promise<boolean> {
  using _socket = await Deno.connect({ hostname: "127.0.0.1", port });
  return true;
}

/**
 * The service as a process of its own.
 *
 * @module
 */

import { join } from "node:path";
import { TextLineStream } from "./_lines.ts";
import { searchFor, type SecretSearch } from "./_secrets.ts";
import type { MemoryGroup } from "../_support/memory_group.ts";
import { freePort } from "../../dev/free_port.ts";
import { PATIENCE } from "../_support/patience.ts";

/** Options of {@linkcode StartTarget}. */
export interface TargetOptions {
  /**
   * The whole environment of the process, except for what its runtime needs to
   * start. Ports that are not set are free ones.
   */
  readonly env: Readonly<Record<string, string>>;
  /** Command line arguments. */
  readonly args?: readonly string[];
  /** Working directory. @default {any} */
  readonly cwd?: string;
  /** Whether to wait until it takes events. @default {true} */
  readonly untilStarted?: boolean;
  /**
   * Whether nobody reads its standard output until {@linkcode Target.readStdout}.
   *
   * @default {false}
   */
  readonly isUnread?: boolean;
  /** Where a shell has its standard output go, such as `>/dev/full`. */
  readonly redirection?: string;
  /** A group that it takes its memory from. @default {none} */
  readonly group?: MemoryGroup | undefined;
  /** What may stand on standard error; nothing else may. @default {nothing} */
  readonly mayComplain?: RegExp;
}

/**
 * A process of the service. Disposing ends it, and looks for secrets in all that it
 * has written: output, metrics, files in its folder, what peers got.
 */
export interface Target extends AsyncDisposable {
  /** Where it takes events. */
  readonly grpcPort: number;
  /** Where `/metrics`, `/livez` and `/readyz` are. */
  readonly metricsPort: number;
  /** Its process id. */
  readonly pid: number;
  /** The lines of its standard output so far. */
  readonly stdout: readonly string[];
  /** The lines of its standard error so far. */
  readonly stderr: readonly string[];
  /** How it ended; once it resolves, all output is there. */
  readonly exited: Promise<Exit>;
  /** The first log record of which this holds, when it comes. */
  logged(isWanted: (record: LogRecord) => boolean): Promise<LogRecord>;
  /** Reads its standard output, from now on, where nobody does. */
  readStdout(): void;
  /** Closes its standard output, which nobody reads. */
  closeStdout(): Promise<void>;
  /** Sends it a signal. */
  signal(name: Deno.Signal): void;
  /** Keeps what a peer was answered, to be searched for secrets. */
  answered(text: string): void;
}

/** How a process ended. */
export interface Exit {
  /** The exit code. */
  readonly code: number;
  /** The signal that ended it, if one did. */
  readonly signal: Deno.Signal | null;
}

/** A line of the service's log. */
export type LogRecord = Readonly<Record<string, unknown>>;

/** Starts the service in the form that is to be tested. */
export type StartTarget = (options: TargetOptions) => Promise<Target>;

/** How a form of the service is started. */
export interface TargetCommand {
  /** The program. */
  readonly command: string;
  /** Its arguments, before those of the service itself. */
  readonly args?: readonly string[];
  /** Variables that its runtime needs, whatever the test's are. */
  readonly env?: Readonly<Record<string, string>>;
}

/** How long a process may live, in milliseconds: no test waits for ever. */
const LIFETIME = 1_200_000;

/** How often other free ports are tried when somebody else took one meanwhile. */
const PORT_TRIES = 5;

/**
 * Starts a process of the service.
 *
 * @throws {Error} It ended before it took events; the message has its output.
 */
export async function startProcess(
  how: TargetCommand,
  options: TargetOptions,
): Promise<Target> {
  for (let tries = 1;; tries++) {
    const target = spawn(how, options);
    if (options.untilStarted === false) return target;
    const sources = options.env["SOURCES"] ?? "grpc";
    const port = sources.includes("grpc")
      ? target.grpcPort
      : target.metricsPort;
    if (await isListening(target, port)) return target;
    const output = [...target.stdout, ...target.stderr].join("\n");
    if (tries === PORT_TRIES || !/Port \d+ cannot be opened/.test(output)) {
      throw new Error(`Service did not start:\n${output}`);
    }
  }
}

/** Waits until the port is open that comes last, or it has ended. */
async function isListening(
  { exited }: Target,
  port: number,
): Promise<boolean> {
  let isOver = false;
  exited.then(() => isOver = true);
  const signal = AbortSignal.timeout(PATIENCE);
  while (!isOver) {
    signal.throwIfAborted();
    try {
      using _socket = await Deno.connect({
        hostname: "127.0.0.1",
        port,
      });
      return true;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL));
  }
  return false;
}

/** Time between looks at a port, in milliseconds. */
const POLL = 10;

function spawn(how: TargetCommand, options: TargetOptions): Target {
  const grpcPort = Number(options.env["GRPC_PORT"] ?? freePort());
  const metricsPort = Number(options.env["METRICS_PORT"] ?? freePort());
  const args = [...how.args ?? [], ...options.args ?? []];
  const { redirection = "", group, isUnread = false } = options;
  const joined = group === undefined ? "" : `echo $$ > ${group.processes} &&`;
  const [command, before] = redirection === "" && group === undefined
    ? [how.command, []]
    : [
      "/bin/sh",
      ["-c", `${joined} exec "$0" "$@" ${redirection}`, how.command],
    ];
  const child = new Deno.Command(command, {
    args: [...before, ...args],
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    clearEnv: true,
    env: {
      ...how.env,
      GRPC_PORT: String(grpcPort),
      METRICS_PORT: String(metricsPort),
      ...options.env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const waiting = new Set<() => void>();
  const answers: string[] = [];
  const stdout: string[] = [];
  const stderr: string[] = [];
  const wake = () => waiting.forEach((look) => look());
  const reading = Promise.withResolvers<void>();
  if (!isUnread) reading.resolve();
  // What is left in the pipe then is there to be read.
  child.status.then(() => reading.resolve());
  const outputEnded = Promise.all([
    reading.promise.then(() => readLines(child.stdout, stdout, wake)),
    readLines(child.stderr, stderr, wake),
  ]);
  let isOver = false;
  const tooLong = setTimeout(() => child.kill("SIGKILL"), LIFETIME);
  const exited = Promise.all([child.status, outputEnded]).then(
    ([{ code, signal }]) => {
      clearTimeout(tooLong);
      isOver = true;
      wake();
      return { code, signal };
    },
  );

  function logged(
    isWanted: (record: LogRecord) => boolean,
  ): Promise<LogRecord> {
    let seen = 0;
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        waiting.delete(look);
      };
      const look = () => {
        for (; seen < stdout.length; seen++) {
          const record = parse(stdout[seen] ?? "");
          if (record === undefined || !isWanted(record)) continue;
          end();
          return resolve(record);
        }
        if (!isOver) return;
        end();
        reject(new Error(`Service ended without the log record:\n${text()}`));
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`Log record did not come:\n${text()}`));
      }, PATIENCE);
      waiting.add(look);
      look();
    });
  }

  const text = () => [...stdout, ...stderr].slice(-40).join("\n");

  return {
    grpcPort,
    metricsPort,
    pid: child.pid,
    stdout,
    stderr,
    exited,
    logged,
    readStdout: reading.resolve,
    async closeStdout() {
      await child.stdout.cancel();
      // What is closed has ended.
      reading.resolve();
    },
    signal: (name) => child.kill(name),
    answered: (text) => answers.push(text),
    async [Symbol.asyncDispose]() {
      const metrics = isOver ? "" : await readMetrics(metricsPort);
      if (!isOver) child.kill("SIGKILL");
      await exited;
      const search = searchFor(options.env);
      for (const line of [...stdout, ...stderr]) search.all("Output", line);
      for (const line of metrics.split("\n")) search.all("Metrics", line);
      for (const text of answers) search.all("Answer", text);
      if (options.cwd !== undefined) await searchFiles(search, options.cwd);
      checkComplaints(stderr, options);
    },
  };
}

/** How long a process may take to say its metrics at its end, in milliseconds. */
const METRICS_PATIENCE = 2_000;

/** Its metrics; none if it does not serve them now. */
async function readMetrics(port: number): Promise<string> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, {
      signal: AbortSignal.timeout(METRICS_PATIENCE),
    });
    return await response.text();
  } catch (error) {
    const isGone = error instanceof TypeError ||
      (error instanceof DOMException && error.name === "TimeoutError");
    if (!isGone) throw error;
    return "";
  }
}

/** Dead letters are events, personal data included: it is secrets they may not have. */
async function searchFiles(
  search: SecretSearch,
  folder: string,
): Promise<void> {
  for await (const { name, isFile, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) await searchFiles(search, path);
    // What a test wrote itself.
    if (!isFile || name === ".env") continue;
    search.secrets(`File ${name}`, await Deno.readTextFile(path));
  }
}

async function readLines(
  stream: ReadableStream<Uint8Array>,
  lines: string[],
  onLine: () => void,
): Promise<void> {
  const decoded = stream.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  for await (const line of decoded) {
    lines.push(line);
    onLine();
  }
}

function parse(line: string): LogRecord | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function checkComplaints(
  stderr: readonly string[],
  { mayComplain }: TargetOptions,
): void {
  const complaint = stderr.find((line) => !mayComplain?.test(line));
  if (complaint === undefined) return;
  throw new Error(`Standard error is not empty:\n${stderr.join("\n")}`);
}

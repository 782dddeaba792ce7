/**
 * Server processes: started, watched, and ended by the one that started them.
 *
 * @module
 */

import { BenchError } from "./errors.ts";
import { parseCpuTime, parseMemory } from "./proc.ts";

/** Options of {@linkcode startProcess}. */
export interface ProcessOptions {
  /** What messages call it. */
  readonly name: string;
  /** The command and its arguments. */
  readonly command: readonly string[];
  /** All its variables. */
  readonly env: Readonly<Record<string, string>>;
  /** What becomes of its standard output. @default {"null"} */
  readonly stdout?: "null" | "piped";
  /** What its standard input is. @default {"null"} */
  readonly stdin?: "null" | "piped";
}

/** What a process has used since it started. */
export interface Usage {
  /** CPU time in user and kernel mode, in milliseconds. */
  readonly cpu: number;
  /** Memory now, in bytes. */
  readonly memory: number;
  /** Most memory at any time, in bytes. */
  readonly peakMemory: number;
}

/** A running process. Disposing ends it, and waits until it has ended. */
export interface ServerProcess extends AsyncDisposable {
  /** What messages call it. */
  readonly name: string;
  /** Its output, where piped. */
  readonly stdout: ReadableStream<Uint8Array>;
  /** How it ended, once it has. */
  readonly ended: Promise<Deno.CommandStatus>;
  /** Sends it a signal, unless it has ended. */
  signal(name: Deno.Signal): void;
  /** Its input, where piped. */
  readonly stdin: WritableStream<Uint8Array>;
  /**
   * Makes sure that it is running.
   *
   * @throws {BenchError} It has ended.
   */
  assertRunning(): void;
  /**
   * What it has used; `undefined` where the system has no `/proc`.
   *
   * @throws {BenchError} It has ended.
   */
  usage(): Promise<Usage | undefined>;
}

/** How long a process may take to end when asked, in milliseconds. */
const END_TIMEOUT = 5_000;

/**
 * Starts a process. What it says on standard error is shown.
 *
 * @throws {BenchError} There is no such program.
 */
export function startProcess(options: ProcessOptions): ServerProcess {
  const { name, command: [program = "", ...args] } = options;
  const child = spawn(program, {
    args,
    env: options.env,
    clearEnv: true,
    stdin: options.stdin ?? "null",
    stdout: options.stdout ?? "null",
    stderr: "inherit",
  });
  let ended: Deno.CommandStatus | undefined;
  const status = child.status.then((status) => ended = status);

  function assertRunning(): void {
    if (ended === undefined) return;
    throw new BenchError(`The ${name} ended with exit code ${ended.code}`);
  }

  async function read(file: string): Promise<string> {
    try {
      return await Deno.readTextFile(`/proc/${child.pid}/${file}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      await status;
      assertRunning();
      throw error;
    }
  }

  return {
    name,
    get stdout() {
      return child.stdout;
    },
    ended: status,
    signal(name) {
      if (ended === undefined) child.kill(name);
    },
    get stdin() {
      return child.stdin;
    },
    assertRunning,
    async usage() {
      if (Deno.build.os !== "linux") return undefined;
      const [stat, memory] = await Promise.all([read("stat"), read("status")]);
      return {
        cpu: parseCpuTime(stat),
        memory: parseMemory(memory, "VmRSS"),
        peakMemory: parseMemory(memory, "VmHWM"),
      };
    },
    async [Symbol.asyncDispose]() {
      // Who reads it, reads it to its end.
      const isUnread = options.stdout === "piped" && !child.stdout.locked;
      if (isUnread) await child.stdout.cancel();
      if (ended !== undefined) return;
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), END_TIMEOUT);
      await status;
      clearTimeout(timer);
    },
  };
}

function spawn(
  program: string,
  options: Deno.CommandOptions,
): Deno.ChildProcess {
  try {
    return new Deno.Command(program, options).spawn();
  } catch (cause) {
    throw new BenchError(
      `"${program}" cannot be started: expected a program`,
      { cause },
    );
  }
}

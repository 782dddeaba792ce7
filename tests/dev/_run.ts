/**
 * Runs the developer tools as a developer does: as programs of their own.
 *
 * @module
 */

import { join } from "node:path";
import { taskFlagsElsewhere, type TaskName } from "../_support/task_flags.ts";
import { freePort } from "../../dev/free_port.ts";
import { type Checkout, makeCheckout } from "../_support/checkout.ts";
import { PATIENCE } from "../_support/patience.ts";

/** The project's folder. */
export const ROOT = join(import.meta.dirname ?? ".", "../..");

/** The task of each tool: it runs with what that allows. */
const TASKS: Readonly<Record<string, TaskName>> = {
  "dev/main.ts": "dev",
  "dev/send.ts": "send",
  "dev/record/main.ts": "record",
  "dev/generate.ts": "generate",
  "dev/dead_letters.ts": "dead-letters",
  "dev/events/main.ts": "events",
};

/** Variables of this process that a tool needs, and none that set it up. */
const PASSED_ON = ["PATH", "HOME", "DENO_DIR", "XDG_CACHE_HOME", "TMPDIR"];

// deno-lint-ignore no-control-regex -- the escape character is what begins one
const COLOUR = /\x1b\[\d+m/g;

/** Options of {@linkcode start}. */
export interface RunOptions {
  /** Variables to set; no others but those that Deno itself needs. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where to run: `.env` is read there. */
  readonly cwd: string;
}

/** A program that ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs. Disposing ends it, and whatever it has started. */
export interface Running extends AsyncDisposable {
  /** Its process. */
  readonly pid: number;
  /** What it has printed so far, on both outputs. */
  readonly text: string;
  /**
   * Waits until what it has printed after `from` matches.
   *
   * @param from Where to begin, in characters. @default {0}
   */
  printed(pattern: RegExp, from?: number): Promise<string>;
  /** Sends a signal to it and what it has started, and waits for its end. */
  stop(signal?: Deno.Signal): Promise<Ended>;
  /** Waits for its end. */
  ended(): Promise<Ended>;
}

let checkout: Checkout | undefined;

/** A project with the reference app, one for all tests of a file. */
export function reference(): string {
  if (checkout === undefined) {
    const made = makeCheckout();
    globalThis.addEventListener("unload", () => made[Symbol.dispose]());
    checkout = made;
  }
  return checkout.path;
}

/**
 * Arguments that run a file of the project, with the reference app's handlers and with
 * what its task allows.
 */
export function tool(file: string, args: readonly string[] = []): string[] {
  const task = TASKS[file];
  if (task === undefined) throw new Error(`No task is known to run ${file}`);
  const root = reference();
  const flags = taskFlagsElsewhere(task, root);
  const config = join(root, "deno.json");
  return ["run", "--config", config, ...flags, join(root, file), ...args];
}

/** Starts Deno. */
export function start(args: readonly string[], options: RunOptions): Running {
  const env: Record<string, string> = { NO_COLOR: "1", ...options.env };
  for (const name of PASSED_ON) {
    const value = Deno.env.get(name);
    if (value !== undefined) env[name] = value;
  }
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: options.cwd,
    env,
    clearEnv: true,
    // A group of its own: `deno task` does not end what it has started.
    detached: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const out = { stdout: "", stderr: "" };
  let text = "";
  let isDone = false;
  const waiters = new Set<() => void>();

  async function collect(name: "stdout" | "stderr"): Promise<void> {
    const decoder = new TextDecoderStream();
    for await (const piece of child[name].pipeThrough(decoder)) {
      const plain = piece.replaceAll(COLOUR, "");
      out[name] += plain;
      text += plain;
      for (const wake of waiters) wake();
    }
  }

  const end = Promise.all([child.status, collect("stdout"), collect("stderr")])
    .then(([{ code }]) => {
      isDone = true;
      for (const wake of waiters) wake();
      return { code, ...out };
    });

  function printed(pattern: RegExp, from = 0): Promise<string> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        waiters.delete(look);
        settle();
      };
      const fail = (why: string) =>
        finish(() =>
          reject(new Error(`${why} without printing ${pattern}:\n${text}`))
        );
      const look = () => {
        const match = pattern.exec(text.slice(from));
        if (match !== null) finish(() => resolve(match[0]));
        else if (isDone) fail("Program ended");
      };
      const timer = setTimeout(() => fail("Program runs"), PATIENCE);
      waiters.add(look);
      look();
    });
  }

  function kill(signal: Deno.Signal): void {
    try {
      Deno.kill(-child.pid, signal);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      // All of it has ended.
    }
  }

  async function stop(signal: Deno.Signal = "SIGTERM"): Promise<Ended> {
    if (!isDone) kill(signal);
    const timer = setTimeout(() => kill("SIGKILL"), PATIENCE);
    const ended = await end;
    clearTimeout(timer);
    return ended;
  }

  return {
    pid: child.pid,
    get text() {
      return text;
    },
    printed,
    stop,
    ended: () => end,
    async [Symbol.asyncDispose]() {
      await stop("SIGKILL");
    },
  };
}

/** Runs Deno to its end. */
export async function run(
  args: readonly string[],
  options: RunOptions,
): Promise<Ended> {
  await using program = start(args, options);
  return await program.ended();
}

/** A folder that is gone after the test. */
export async function tempFolder(): Promise<
  AsyncDisposable & { readonly path: string }
> {
  const path = await Deno.makeTempDir();
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

/** Ports of a service, its emulator and its sidecar that nobody listens on, as variables. */
export function freePorts(): {
  readonly GRPC_PORT: string;
  readonly METRICS_PORT: string;
  readonly EMULATOR_PORT: string;
  readonly ASYNC_MESSAGING_PUBLISHER_GRPC_PORT: string;
} {
  return {
    GRPC_PORT: `${freePort()}`,
    METRICS_PORT: `${freePort()}`,
    EMULATOR_PORT: `${freePort()}`,
    ASYNC_MESSAGING_PUBLISHER_GRPC_PORT: `${freePort()}`,
  };
}

/**
 * The service as it runs in production, ended and started again at will.
 *
 * @module
 */

import { freePort } from "../../dev/free_port.ts";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { BenchError } from "../errors.ts";
import { type ServerProcess, startProcess } from "../process.ts";
import { REPOSITORY } from "../scene.ts";
import { isListening, serviceEnvironment, startTask } from "../servers.ts";

/** A service that can be ended. Disposing ends it for good. */
export interface RestartableService extends AsyncDisposable {
  /** Where it takes events, in each of its lives: `host:port`. */
  readonly address: string;
  /** Ends it with a signal, waits until it has ended, and starts it again. */
  restart(signal: "SIGTERM" | "SIGKILL"): Promise<Life>;
  /** Lets it stand still for some time. */
  freeze(milliseconds: number): Promise<void>;
}

/** How a life of the service ended. */
export interface Life {
  /** The signal that it was sent. */
  readonly signal: "SIGTERM" | "SIGKILL";
  /** Its exit code. */
  readonly code: number;
  /** From the signal to the end, in milliseconds. */
  readonly milliseconds: number;
}

/** Options of {@linkcode startRestartable}. */
export interface RestartableOptions {
  /** Its settings, but for the ports. */
  readonly settings: Readonly<Record<string, string>>;
  /** The program in place of `main.ts`, relative to the repository. */
  readonly program?: string;
  /** Ends the start. */
  readonly signal: AbortSignal;
}

const HOST = "127.0.0.1";

/** How long a start may take, in milliseconds. */
const START_TIMEOUT = 30_000;

/** How often a starting service is asked, in milliseconds. */
const POLL_INTERVAL = 5;

/**
 * Starts the service with the permissions of `./task start`.
 *
 * @throws {BenchError} It ended, or takes no events in time.
 */
export async function startRestartable(
  options: RestartableOptions,
): Promise<RestartableService> {
  const port = freePort();
  const env = serviceEnvironment({
    ...options.settings,
    GRPC_PORT: `${port}`,
    METRICS_PORT: `${freePort()}`,
  });
  const command = commandOf(options.program);

  async function start(): Promise<ServerProcess> {
    await using stack = new AsyncDisposableStack();
    const process = stack.use(startProcess({ name: "service", command, env }));
    const patience = AbortSignal.any([
      options.signal,
      AbortSignal.timeout(START_TIMEOUT),
    ]);
    // Its gRPC port opens last.
    while (!await isListening(port)) {
      process.assertRunning();
      if (patience.aborted) throw new BenchError("The service takes no events");
      await delay(POLL_INTERVAL);
    }
    stack.move();
    return process;
  }

  let process = await start();
  return {
    address: `${HOST}:${port}`,
    async restart(signal) {
      process.assertRunning();
      const sentAt = performance.now();
      process.signal(signal);
      const { code } = await process.ended;
      const milliseconds = performance.now() - sentAt;
      process = await start();
      return { signal, code, milliseconds };
    },
    async freeze(milliseconds) {
      process.signal("SIGSTOP");
      await delay(milliseconds);
      process.signal("SIGCONT");
    },
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

/** The command of `./task start`, or the same for another program. */
function commandOf(program: string | undefined): readonly string[] {
  const command = startTask();
  if (program === undefined) return command;
  if (command.at(-1) !== "main.ts") {
    throw new BenchError(
      `Task "start" ends with "${command.at(-1)}": expected main.ts`,
    );
  }
  return [...command.slice(0, -1), join(REPOSITORY, program)];
}

/**
 * A Redis server that can be stopped, killed, and started again with what it had.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import { BenchError } from "../errors.ts";
import { type ServerProcess, startProcess } from "../process.ts";
import { freePort } from "../../dev/free_port.ts";
import { isListening } from "../servers.ts";

/** The server. Disposing ends it, and removes what it has written. */
export interface RedisServer extends AsyncDisposable {
  /** Where it is: `redis://host:port`. */
  readonly url: string;
  /** Lets it answer nobody for some time. */
  pause(milliseconds: number): Promise<void>;
  /** Kills it, and starts it again after some time. */
  restart(milliseconds: number): Promise<void>;
}

const PROGRAM = "redis-server";

/** How long a start may take, in milliseconds. */
const START_TIMEOUT = 10_000;

/** Whether the program is there. */
export async function hasRedis(): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(PROGRAM, {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Starts the server. It writes down each command before it answers.
 *
 * @throws {BenchError} It ended, or does not listen in time.
 */
export async function startRedis(signal: AbortSignal): Promise<RedisServer> {
  const port = freePort();
  await using stack = new AsyncDisposableStack();
  const folder = stack.adopt(
    await Deno.makeTempDir(),
    (path) => Deno.remove(path, { recursive: true }),
  );
  let process = await start();
  stack.defer(() => process[Symbol.asyncDispose]());

  async function start(): Promise<ServerProcess> {
    const started = startProcess({
      name: PROGRAM,
      command: [
        PROGRAM,
        ...["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder],
        ...["--save", "", "--appendonly", "yes", "--appendfsync", "always"],
        ...["--maxmemory-policy", "noeviction"],
      ],
      env: {},
    });
    const end = performance.now() + START_TIMEOUT;
    while (!await isListening(port)) {
      started.assertRunning();
      if (performance.now() > end || signal.aborted) {
        await started[Symbol.asyncDispose]();
        throw new BenchError(`${PROGRAM} does not listen on port ${port}`);
      }
      await delay(5);
    }
    return started;
  }

  const running = stack.move();
  return {
    url: `redis://127.0.0.1:${port}`,
    async pause(milliseconds) {
      process.signal("SIGSTOP");
      await delay(milliseconds);
      process.signal("SIGCONT");
    },
    async restart(milliseconds) {
      process.signal("SIGKILL");
      await process.ended;
      await delay(milliseconds);
      process = await start();
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

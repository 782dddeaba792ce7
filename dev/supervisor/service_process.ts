/**
 * The process of the service, as `./task dev` sees it.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { IdempotencyStore } from "../../lib/core/idempotency_store.ts";
import { permissionFlags } from "../permission_flags.ts";
import { hostMemory } from "./hosted_memory.ts";
import type { DeliveryNote } from "../deliveries/delivery.ts";
import type { FromService, ToService } from "./messages.ts";

/** Options of {@linkcode startServiceProcess}. */
export interface ServiceProcessOptions {
  /** The project's folder. */
  readonly root: string;
  /** Flags of Deno beside what the service may do, such as `--inspect`. */
  readonly flags: readonly string[];
  /** Arguments of `service.ts`. */
  readonly args: readonly string[];
  /** The memory of events that outlives the process. */
  readonly memory: IdempotencyStore;
  /** Called once it takes events. */
  readonly onStarted: (
    started: Extract<FromService, { readonly kind: "started" }>,
  ) => void;
  /** Called with each event that has ended for a handler. */
  readonly onDelivery: (note: DeliveryNote) => void;
}

/** Options of {@linkcode ServiceProcess.stop}. */
export interface StopOptions {
  /** What asks for it: a signal's name, or `restart`. */
  readonly by: string;
  /** Time for events in flight, in milliseconds. @default {SHUTDOWN_GRACE} */
  readonly grace?: number;
}

/** A running service. */
export interface ServiceProcess {
  /** Its exit code, once it has ended, and its claims of events with it. */
  readonly ended: Promise<number>;
  /**
   * Stops it, whatever it does: it drains if it can, and is killed if it has not
   * started yet or does not answer.
   */
  stop(options: StopOptions): Promise<number>;
  /** Ends it at once. */
  kill(): void;
}

/** How long it may take to say that it stops, in milliseconds. */
const ANSWER_TIMEOUT = 2_000;

/** Exit code of what a signal ended, as shells have it for SIGKILL. */
const KILLED = 137;

/** Starts the service in a process of its own. */
export function startServiceProcess(
  options: ServiceProcessOptions,
): ServiceProcess {
  const { root, memory } = options;
  const child = spawn(Deno.execPath(), [
    "run",
    "--quiet",
    `--config=${join(root, "deno.json")}`,
    ...serviceFlags(root),
    ...options.flags,
    join(root, "dev", "supervisor", "service.ts"),
    ...options.args,
  ], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const hosted = hostMemory(memory);
  let hasStarted = false;
  /** How long it may take to stop, in milliseconds. */
  let stopTime = 0;
  let stopTimer: ReturnType<typeof setTimeout> | undefined;

  function killAfter(milliseconds: number): void {
    clearTimeout(stopTimer);
    stopTimer = setTimeout(() => child.kill("SIGKILL"), milliseconds);
  }

  child.on("message", async (message: FromService) => {
    switch (message.kind) {
      case "started":
        hasStarted = true;
        stopTime = message.shutdownGrace;
        options.onStarted(message);
        break;
      case "delivery":
        options.onDelivery(message.note);
        break;
      case "stopping":
        // It ends by itself, unless a handler blocks it.
        killAfter(stopTime + ANSWER_TIMEOUT);
        break;
      case "memory": {
        const value = await hosted.call(message.call);
        send(child, { kind: "answer", id: message.id, value });
      }
    }
  });
  const ended = endOf(child).finally(async () => {
    clearTimeout(stopTimer);
    await hosted.abandon();
  });

  return {
    ended,
    stop({ by, grace }) {
      if (!hasStarted) child.kill("SIGKILL");
      else {
        send(child, {
          kind: "stop",
          by,
          ...(grace !== undefined && { grace }),
        });
        stopTime = grace ?? stopTime;
        killAfter(ANSWER_TIMEOUT);
      }
      return ended;
    },
    kill: () => child.kill("SIGKILL"),
  };
}

/**
 * What the service may do: as in production, but that it may read all variables, so
 * that a new setting can be tried, and the list of handlers, to say what is wrong there.
 *
 * @param root The project's folder.
 */
export function serviceFlags(root: string): readonly string[] {
  const own = ["proto", join("handlers", "mod.ts")].map((path) =>
    join(root, path)
  );
  const flags = permissionFlags("service").map((flag) =>
    flag.startsWith("--allow-env")
      ? "--allow-env"
      : flag.replace("--allow-read=proto,", `--allow-read=${own.join()},`)
  );
  return ["--no-prompt", ...flags];
}

function send(child: ChildProcess, message: ToService): void {
  // It may have ended meanwhile, which is no error.
  if (child.connected) child.send(message, () => {});
}

function endOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.on("exit", (code) => resolve(code ?? KILLED));
    child.on("error", () => resolve(1));
  });
}

// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * Runs the service while it is developed: starts it anew when a file changes, and keeps
 * what is around it.
 *
 * @module
 */

import { ConfigError } from "../../lib/config/parse.ts";
import { ListenError } from "../../lib/core/listen_error.ts";
import { createMemoryStore } from "../../lib/idempotency/memory_store.ts";
import { createChecks } from "./checks.ts";
import { createDeliveryLog } from "../deliveries/log.ts";
import type { DevFacts } from "../deliveries/server.ts";
import { RESTART } from "./messages.ts";
import { changedRows, type Row, textOf } from "./rows.ts";
import { type ServiceProcess, startServiceProcess } from "./service_process.ts";
import { listenForStop } from "./stop_wish.ts";
import { createSurroundings } from "./surroundings.ts";
import { type Change, watchProject } from "./watch.ts";

/** Options of {@linkcode supervise}. */
export interface SuperviseOptions {
  /** The project's folder. */
  readonly root: string;
  /** Flags of Deno for the service, such as `--inspect`. */
  readonly flags: readonly string[];
  /** Arguments for the service, such as `--kafka`. */
  readonly args: readonly string[];
  /** Whether mistakes in the handlers are looked for in the background. */
  readonly checks: boolean;
}

/** sysexits.h: something is wrong with the settings. */
const EX_CONFIG = 78;

/** Time for events in flight when the code has changed, in milliseconds. */
const RESTART_GRACE = 1_000;

/**
 * Runs until it is told to stop.
 *
 * @returns The exit code: that of the service, or of its start that failed last.
 */
export async function supervise(options: SuperviseOptions): Promise<number> {
  const { root } = options;
  await using stack = new AsyncDisposableStack();
  const wish = stack.use(listenForStop());
  const watch = stack.use(watchProject({ root, cwd: Deno.cwd() }));
  const memory = stack.use(createMemoryStore());
  const facts: { -readonly [K in keyof DevFacts]: DevFacts[K] } = {
    log: createDeliveryLog(),
    state: { state: "starting" },
  };
  const surroundings = stack.use(
    createSurroundings({ root, print: (line) => console.log(line), facts }),
  );
  const checks = options.checks
    ? stack.use(createChecks({ root, print: (text) => console.log(text) }))
    : undefined;
  let rows: readonly Row[] | undefined;

  function start(change: Change | undefined): ServiceProcess {
    return startServiceProcess({
      root,
      memory,
      onDelivery: facts.log.add,
      flags: options.flags,
      args: [...options.args, ...(rows === undefined ? [] : [`--${RESTART}`])],
      onStarted(started) {
        const { grpcPort } = started;
        if (grpcPort !== undefined) surroundings.deliverTo(grpcPort);
        facts.state = {
          state: "running",
          ...(grpcPort !== undefined && { grpcPort }),
        };
        console.log(
          rows === undefined || change === undefined
            ? `\n${textOf(started.rows)}\n`
            : restarted(change, changedRows(rows, started.rows)),
        );
        rows = started.rows;
        checks?.start();
      },
    });
  }

  for (let change: Change | undefined;;) {
    const next = watch.next();
    const service = await begin(surroundings, () => start(change));
    const isUp = typeof service !== "number";
    const first = await Promise.race([
      wish.stop,
      next,
      ...(isUp ? [service.ended] : []),
    ]);
    if (typeof first === "object") {
      facts.state = { state: "starting" };
      change = first;
      await checks?.stop();
      if (isUp) await service.stop({ by: RESTART, grace: RESTART_GRACE });
      continue;
    }
    if (typeof first === "string") {
      if (!isUp) return service;
      wish.now.then(() => service.kill());
      return await service.stop({ by: first });
    }
    // It has ended by itself.
    facts.state = { state: "ended", code: first };
    console.log(`Service ended with code ${first}. ${WAITING}`);
    checks?.start();
    const second = await Promise.race([wish.stop, next]);
    if (typeof second === "string") return first;
    facts.state = { state: "starting" };
    change = second;
  }
}

const WAITING = "It starts again when a file changes; Ctrl-C ends dev";

/** Starts the service with what it needs; or says what is wrong: an exit code. */
async function begin(
  surroundings: { settle(): Promise<void> },
  start: () => ServiceProcess,
): Promise<ServiceProcess | number> {
  try {
    await surroundings.settle();
    return start();
  } catch (error) {
    const isConfig = error instanceof ConfigError;
    if (!isConfig && !(error instanceof ListenError)) throw error;
    console.error(error.message);
    console.log(`Service was not started. ${WAITING}`);
    return isConfig ? EX_CONFIG : 1;
  }
}

/** One line, and what has changed of the banner with the code. */
function restarted({ at }: Change, changed: readonly Row[]): string {
  const seconds = ((performance.now() - at) / 1_000).toFixed(1);
  const line = `Restarted in ${seconds} s`;
  return changed.length === 0 ? line : `${line}\n${textOf(changed)}`;
}

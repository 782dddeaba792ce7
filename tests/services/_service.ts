/**
 * The service as a process, started and permitted as `deno task start` does.
 *
 * @module
 */

import { join } from "node:path";
import config from "../../deno.json" with { type: "json" };
import type { Emulator } from "../../dev/emulator/mod.ts";
import { connect, type EventClient } from "../../dev/event_client.ts";
import { startProcess, type Target } from "../conformance/_target.ts";
import { environment } from "../conformance/_world.ts";

const ROOT = join(import.meta.dirname ?? ".", "../..");

/** Where the runtime finds the packages that it has: no HOME says it. */
const { denoDir } = JSON.parse(
  new TextDecoder().decode(
    new Deno.Command(Deno.execPath(), { args: ["info", "--json"] })
      .outputSync().stdout,
  ),
);

/** A replica, and a caller of it. */
export interface Replica extends AsyncDisposable {
  readonly target: Target;
  readonly client: EventClient;
}

/** Starts a replica. */
export async function startReplica(
  emulator: Emulator,
  env: Readonly<Record<string, string>>,
): Promise<Replica> {
  const [, ...args] = config.tasks.start.command.split(" ");
  const target = await startProcess({
    command: Deno.execPath(),
    args,
    env: { DENO_DIR: denoDir, NO_COLOR: "1" },
  }, { env: { ...environment(emulator), ...env }, cwd: ROOT });
  const client = connect(`127.0.0.1:${target.grpcPort}`);
  return {
    target,
    client,
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      await target[Symbol.asyncDispose]();
    },
  };
}

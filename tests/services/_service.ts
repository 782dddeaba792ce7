/**
 * The service as a process, started and permitted as `deno task start` does.
 *
 * @module
 */

import type { Emulator } from "../../dev/emulator/mod.ts";
import { connect, type EventClient } from "../../dev/event_client.ts";
import { startSource } from "../conformance/_source.ts";
import type { MemoryGroup } from "../_support/memory_group.ts";
import type { Target } from "../conformance/_target.ts";
import { environment } from "../conformance/_world.ts";

/** A replica, and a caller of it. */
export interface Replica extends AsyncDisposable {
  readonly target: Target;
  readonly client: EventClient;
}

/** What is run in place of `main.ts`. */
export interface Program {
  /** The file, absolute. */
  readonly path: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** A group that it takes its memory from. @default {none} */
  readonly group?: MemoryGroup | undefined;
}

/** Starts a replica. */
export async function startReplica(
  emulator: Pick<Emulator, "url" | "namespace">,
  env: Readonly<Record<string, string>>,
  program?: Program,
): Promise<Replica> {
  const target = await startSource({
    env: { ...environment(emulator), ...env },
    ...(program !== undefined &&
      { args: program.args, group: program.group }),
  }, program?.path);
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

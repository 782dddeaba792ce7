/**
 * A control group that ends what takes more memory than it may, as a container does.
 *
 * @module
 */

import { join } from "node:path";

/** A control group. Disposing removes it: all its processes have to have ended. */
export interface MemoryGroup extends Disposable {
  /** Whoever writes a process id there has it count, with all that it takes then. */
  readonly processes: string;
  /** The most that it ever had at once, in MB. */
  readonly peakMegabytes: number;
}

const ROOT = "/sys/fs/cgroup";
const MEGABYTE = 1_048_576;

/** Names of the files, by version of control groups. */
const VERSIONS = [
  {
    folder: join(ROOT, "memory"),
    limit: "memory.limit_in_bytes",
    peak: "memory.max_usage_in_bytes",
  },
  { folder: ROOT, limit: "memory.max", peak: "memory.peak" },
] as const;

/**
 * Makes a group.
 *
 * @param megabytes What its processes may take together.
 * @returns The group; `undefined` where this user may make none.
 */
export function memoryGroup(megabytes: number): MemoryGroup | undefined {
  for (const { folder, limit, peak } of VERSIONS) {
    const group = join(folder, `event-handler-test-${crypto.randomUUID()}`);
    try {
      Deno.mkdirSync(group);
    } catch {
      continue;
    }
    try {
      const bytes = String(megabytes * MEGABYTE);
      Deno.writeTextFileSync(join(group, limit), bytes);
      Deno.readTextFileSync(join(group, peak));
    } catch {
      Deno.removeSync(group);
      continue;
    }
    return {
      processes: join(group, "cgroup.procs"),
      get peakMegabytes() {
        const bytes = Deno.readTextFileSync(join(group, peak));
        return Number(bytes) / MEGABYTE;
      },
      [Symbol.dispose]: () => Deno.removeSync(group),
    };
  }
  return undefined;
}

/**
 * Checks whether a folder can keep dead letters, and how durable it is likely
 * to be.
 *
 * @module
 */

import { dirname } from "node:path";

/** Whether the file's folder can keep dead letters. Leaves nothing behind. */
export async function canKeepLetters(path: string): Promise<boolean> {
  const folder = dirname(path);
  const probe = `${path}.probe-${crypto.randomUUID()}`;
  try {
    const isMade = await makeFolder(folder);
    try {
      await tryFile(probe);
      await tryAppend(path);
    } finally {
      if (isMade) await Deno.remove(folder);
    }
    return true;
  } catch {
    return false;
  }
}

/** Creates the folder if it does not exist, and returns whether it did. */
async function makeFolder(folder: string): Promise<boolean> {
  try {
    await Deno.stat(folder);
    return false;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await Deno.mkdir(folder, { recursive: true });
    return true;
  }
}

async function tryFile(path: string): Promise<void> {
  try {
    using file = await Deno.open(path, { write: true, createNew: true });
    await file.write(Uint8Array.of(10));
    await file.sync();
  } finally {
    await Deno.remove(path).catch(() => {});
  }
}

/** An existing file may belong to somebody else. */
async function tryAppend(path: string): Promise<void> {
  try {
    (await Deno.open(path, { read: true, append: true })).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Options of {@linkcode mayBeFleeting}. */
export interface FleetingOptions {
  /** Whether this is an executable, as in a container. @default {detected} */
  readonly isExecutable?: boolean;
}

/**
 * Whether files there may be lost with the container: its own layers are on no
 * device, while a volume usually is. Only Linux can tell. When running from
 * source, the disk counts as a developer's.
 */
export async function mayBeFleeting(
  path: string,
  { isExecutable = Deno.build.standalone }: FleetingOptions = {},
): Promise<boolean> {
  if (!isExecutable || Deno.build.os !== "linux") return false;
  const { dev } = await Deno.stat(path);
  return majorOf(dev) === 0;
}

/** The major device number, which names the kind of device: see makedev(3). */
function majorOf(dev: number): number {
  const number = BigInt(dev);
  return Number(
    (number >> 8n) & 0xfffn | (number >> 32n) & 0xfffff000n,
  );
}

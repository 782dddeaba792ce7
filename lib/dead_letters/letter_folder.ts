/**
 * Looks whether a folder can keep dead letters, and how long it is likely to last.
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

/** Makes the folder if it is not there, and says whether it did. */
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

/** A file that is there already may be somebody else's. */
async function tryAppend(path: string): Promise<void> {
  try {
    (await Deno.open(path, { read: true, append: true })).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Options of {@linkcode mayBeFleeting}. */
export interface FleetingOptions {
  /** Whether this is an executable, as it is in a container. @default {as it is} */
  readonly isExecutable?: boolean;
}

/**
 * Whether what is written there may end with the container: its own layers are on no
 * device, while a volume mostly is. Only Linux tells. From source it is taken for a
 * developer's disk.
 */
export async function mayBeFleeting(
  path: string,
  { isExecutable = Deno.build.standalone }: FleetingOptions = {},
): Promise<boolean> {
  if (!isExecutable || Deno.build.os !== "linux") return false;
  const { dev } = await Deno.stat(path);
  return majorOf(dev) === 0;
}

/** The part of a device's number that says of which kind it is: see makedev(3). */
function majorOf(dev: number): number {
  const number = BigInt(dev);
  return Number(
    (number >> 8n) & 0xfffn | (number >> 32n) & 0xfffff000n,
  );
}

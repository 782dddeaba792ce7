/**
 * Stores archived objects in files on this machine.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { type ArchiveTarget, ArchiveTargetError } from "./target.ts";

/** Events identify players: only the service's own user may read them. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/**
 * Stores objects in a folder; the folders in their names become folders. A file
 * is there completely or not at all, and survives a power cut.
 *
 * @param root The folder. It is created.
 */
export function createFolderTarget(root: string): ArchiveTarget {
  return {
    async put({ name, bytes }) {
      const path = join(root, name);
      try {
        await makeFolder(dirname(path));
        const part = `${path}.part`;
        await write(part, bytes);
        await Deno.rename(part, path);
        await syncFolder(dirname(path));
      } catch (cause) {
        throw new ArchiveTargetError(
          `Object could not be written to the archive's folder ${root}: expected ` +
            "one that this process may write, with free space",
          { cause },
        );
      }
    },
  };
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  using file = await Deno.open(path, {
    create: true,
    truncate: true,
    write: true,
    mode: FILE_MODE,
  });
  for (let rest = bytes; rest.length > 0;) {
    rest = rest.subarray(await file.write(rest));
  }
  await file.sync();
}

/** Creates a folder and its parents, so that they survive a power cut. */
async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { mode: FOLDER_MODE });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await makeFolder(dirname(path));
    return await makeFolder(path);
  }
  try {
    await syncFolder(dirname(path));
  } catch (error) {
    // The service may open its own folder, and not what that is in. Journalling file
    // systems write a new folder's name with the folder.
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    await syncFolder(path);
  }
}

async function syncFolder(path: string): Promise<void> {
  using folder = await Deno.open(path);
  await folder.sync();
}

/**
 * Tells of files that change in a folder.
 *
 * @module
 */

import { basename } from "node:path";

/** Files are written in several steps: what comes within this is one change, in ms. */
const SETTLE_TIME = 100;

/**
 * Watches the files of a folder. A folder that is not there is not watched.
 *
 * @param onChanged Told of the names of files that were written or removed. Never
 * called again before it has ended; what changes meanwhile is told afterwards.
 */
export function watchFolder(
  folder: string,
  onChanged: (names: ReadonlySet<string>) => Promise<void>,
): AsyncDisposable {
  let watcher: Deno.FsWatcher;
  try {
    watcher = Deno.watchFs(folder, { recursive: false });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  let changed = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let told = Promise.resolve();

  function tell(): void {
    timer = undefined;
    const names = changed;
    changed = new Set();
    told = told.then(() => onChanged(names));
  }

  async function read(): Promise<void> {
    for await (const { kind, paths } of watcher) {
      if (kind === "access") continue;
      for (const path of paths) changed.add(basename(path));
      timer ??= setTimeout(tell, SETTLE_TIME);
    }
  }

  const reading = read();
  return {
    async [Symbol.asyncDispose]() {
      watcher.close();
      await reading;
      clearTimeout(timer);
      await told;
    },
  };
}

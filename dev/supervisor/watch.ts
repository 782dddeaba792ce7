/**
 * Watches the files that the service is made of.
 *
 * @module
 */

import { basename, relative, sep } from "node:path";

/** Files that have changed. */
export interface Change {
  /** Their paths, relative to the project. */
  readonly files: readonly string[];
  /** When the first of them changed, by `performance.now()`. */
  readonly at: number;
}

/** A watch. */
export interface ProjectWatch extends Disposable {
  /** The next change, once nothing more changes. Changes are kept until asked for. */
  next(): Promise<Change>;
}

/** Options of {@linkcode watchProject}. */
export interface WatchProjectOptions {
  /** The project's folder. */
  readonly root: string;
  /** Where `.env` is. */
  readonly cwd: string;
  /** How long nothing may change before a change is told, in milliseconds. @default {80} */
  readonly quiet?: number;
}

/** Folders that the running service has nothing of. */
const IGNORED: ReadonlySet<string> = new Set([
  "bench",
  "coverage",
  "dead-letters",
  "dev",
  "dist",
  "docs",
  "emulator",
  "inbox",
  "node_modules",
  "ops",
  "tests",
]);

/** What code and its data are in. */
const SOURCE = /\.(tsx?|mts|jsx?|mjs|json|proto|properties|wasm)$/;

/** Whether a change of this file, relative to the project, changes the service. */
export function isSource(path: string): boolean {
  const parts = path.split(sep);
  const name = parts.at(-1) ?? "";
  if (parts.some((part) => part.startsWith(".")) || path === "deno.lock") {
    return false;
  }
  return !IGNORED.has(parts[0] ?? "") && SOURCE.test(name) &&
    !name.endsWith("_test.ts");
}

/** Watches until it is disposed. */
export function watchProject(options: WatchProjectOptions): ProjectWatch {
  const { root, cwd, quiet = 80 } = options;
  let files = new Set<string>();
  let at = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waiting: ((change: Change) => void) | undefined;
  let isQuiet = true;

  function told(path: string): void {
    if (files.size === 0) at = performance.now();
    files.add(path);
    isQuiet = false;
    clearTimeout(timer);
    timer = setTimeout(() => {
      isQuiet = true;
      deliver();
    }, quiet);
  }

  function deliver(): void {
    if (waiting === undefined || !isQuiet || files.size === 0) return;
    waiting({ files: [...files].sort(), at });
    waiting = undefined;
    files = new Set();
  }

  async function follow(watcher: Deno.FsWatcher): Promise<void> {
    for await (const { kind, paths } of watcher) {
      if (kind === "access" || kind === "other") continue;
      for (const path of paths) {
        const file = relative(root, path);
        if (isSource(file)) told(file);
        else if (path === `${cwd}${sep}.env`) told(basename(path));
        else if (!file.includes(sep)) lookForFolders();
      }
    }
  }

  let watched = "";
  let folders: Deno.FsWatcher | undefined;
  /** Folders may come and go: each is watched with all that is in it. */
  function lookForFolders(): void {
    const found = sourceFolders(root);
    if (found.join() === watched) return;
    watched = found.join();
    folders?.close();
    folders = found.length === 0 ? undefined : Deno.watchFs([...found]);
    if (folders !== undefined) follow(folders);
  }

  const top = Deno.watchFs([...new Set([root, cwd])], { recursive: false });
  follow(top);
  lookForFolders();

  return {
    next() {
      const { promise, resolve } = Promise.withResolvers<Change>();
      waiting = resolve;
      deliver();
      return promise;
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      top.close();
      folders?.close();
    },
  };
}

function sourceFolders(root: string): readonly string[] {
  return [...Deno.readDirSync(root)]
    .filter(({ name, isDirectory }) =>
      isDirectory && !name.startsWith(".") && !IGNORED.has(name)
    )
    .map(({ name }) => `${root}${sep}${name}`).sort();
}

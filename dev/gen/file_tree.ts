/**
 * Brings a folder in line with what a generator made, or says how it differs.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { readIfExists } from "../read_if_exists.ts";

/** What a generator wants a folder to hold. */
export interface TreePlan {
  /** Path under the folder, with `/`, to content. */
  readonly files: ReadonlyMap<string, string>;
  /** Paths of files that are to go. */
  readonly stale?: readonly string[];
}

/** One file that is not as planned. */
export interface TreeChange {
  /** What has to happen to the file. */
  readonly kind: "add" | "change" | "remove";
  /** Path under the folder. */
  readonly path: string;
  /** First differing line of a file to change, from 1. */
  readonly line?: number;
  /** That line as it is; `undefined` when the file ends before it. */
  readonly found?: string | undefined;
  /** That line as it should be; `undefined` when the planned file ends before it. */
  readonly wanted?: string | undefined;
}

/** Compares a folder with a plan, sorted by path. Files out of the plan do not count. */
export async function compareTree(
  root: string,
  { files, stale = [] }: TreePlan,
): Promise<readonly TreeChange[]> {
  const changes: TreeChange[] = stale.map((path) => ({ kind: "remove", path }));
  for (const [path, wanted] of files) {
    const found = await readIfExists(join(root, path));
    if (found === undefined) changes.push({ kind: "add", path });
    else if (found !== wanted) {
      changes.push({ kind: "change", path, ...firstDifference(found, wanted) });
    }
  }
  return changes.sort((a, b) => a.path < b.path ? -1 : 1);
}

/** Writes and removes what {@linkcode compareTree} found, and nothing else. */
export async function applyChanges(
  root: string,
  { files }: TreePlan,
  changes: readonly TreeChange[],
): Promise<void> {
  for (const { kind, path } of changes) {
    const target = join(root, path);
    if (kind === "remove") await Deno.remove(target);
    else {
      await Deno.mkdir(dirname(target), { recursive: true });
      await Deno.writeTextFile(target, files.get(path) ?? "");
    }
  }
}

/** One line for a person: what is wrong with the file. */
export function describeChange(change: TreeChange): string {
  const { kind, path, line, found, wanted } = change;
  if (kind === "add") return `missing  ${path}`;
  if (kind === "remove") return `stale    ${path}`;
  return `differs  ${path}:${line}\n  found:  ${shown(found)}\n  wanted: ${
    shown(wanted)
  }`;
}

/** All files under a folder with this ending, sorted, with `/`; none if it does not exist. */
export async function listFiles(
  root: string,
  ending: string,
): Promise<readonly string[]> {
  const paths: string[] = [];
  async function visit(folder: string): Promise<void> {
    for await (const entry of Deno.readDir(join(root, folder))) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory) await visit(path);
      else if (entry.isFile && entry.name.endsWith(ending)) paths.push(path);
    }
  }
  try {
    await visit("");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return paths.sort();
}

function firstDifference(
  found: string,
  wanted: string,
): Pick<TreeChange, "line" | "found" | "wanted"> {
  const [foundLines, wantedLines] = [found.split("\n"), wanted.split("\n")];
  let index = 0;
  while (foundLines[index] === wantedLines[index]) index++;
  return {
    line: index + 1,
    found: foundLines[index],
    wanted: wantedLines[index],
  };
}

function shown(line: string | undefined): string {
  return line === undefined ? "(end of file)" : JSON.stringify(line);
}

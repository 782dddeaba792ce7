/**
 * A copy of all of the project, as somebody who has just cloned it has it.
 *
 * @module
 */

import { join } from "node:path";
import { ROOT, tempFolder } from "../dev/_run.ts";

/** What is there by use, and git's own. */
const LEFT_OUT: ReadonlySet<string> = new Set(
  [".git", ".env", "coverage", "dead-letters", "dist", "inbox", "node_modules"],
);

/** Copies it. Disposing removes the copy. */
export async function wholeProject(): Promise<
  AsyncDisposable & { readonly path: string }
> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await tempFolder());
  for await (const { name } of Deno.readDir(ROOT)) {
    if (!LEFT_OUT.has(name)) await copy(join(ROOT, name), join(path, name));
  }
  const done = stack.move();
  return { path, [Symbol.asyncDispose]: () => done.disposeAsync() };
}

/** Files below a folder, relative to it, sorted. */
export async function filesBelow(
  folder: string,
  below = "",
): Promise<readonly string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(folder, below))) {
    const path = join(below, name);
    if (isDirectory) files.push(...await filesBelow(folder, path));
    else files.push(path);
  }
  return files.sort();
}

async function copy(from: string, to: string): Promise<void> {
  const { isDirectory } = await Deno.stat(from);
  if (!isDirectory) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) {
    await copy(join(from, name), join(to, name));
  }
}

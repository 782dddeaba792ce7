/**
 * A copy of the project, for what changes files.
 *
 * @module
 */

import { join } from "node:path";
import { ROOT, tempFolder } from "./_run.ts";

/** What the program is made of. */
const PARTS = [
  "deno.json",
  "deno.lock",
  "main.ts",
  "mod.ts",
  "emulator",
  "lib",
  "proto",
  "dev",
];

async function copy(from: string, to: string): Promise<void> {
  const { isDirectory } = await Deno.stat(from);
  if (!isDirectory) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) {
    await copy(join(from, name), join(to, name));
  }
}

/** A copy of the project with the reference app, for handlers that change. */
export async function projectCopy(): Promise<
  AsyncDisposable & { readonly path: string }
> {
  const folder = await tempFolder();
  for (const part of PARTS) {
    await copy(join(ROOT, part), join(folder.path, part));
  }
  await copy(join(ROOT, "dev/reference"), join(folder.path, "handlers"));
  return folder;
}

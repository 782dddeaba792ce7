/**
 * What is in an archive's folder.
 *
 * @module
 */

import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** A line of an object. */
export interface ArchivedLine {
  /** The object's folder, below the archive's. */
  readonly folder: string;
  /** The event, or why it is none. */
  readonly event: Readonly<Record<string, unknown>>;
}

/** Reads all objects of a folder. One that is not whole is left out, as by anybody. */
export async function archivedIn(
  root: string,
): Promise<readonly ArchivedLine[]> {
  const lines: ArchivedLine[] = [];
  async function visit(folder: string): Promise<void> {
    const entries = await Array.fromAsync(Deno.readDir(join(root, folder)))
      .catch(() => []);
    for (const { name, isDirectory } of entries) {
      if (isDirectory) await visit(`${folder}${name}/`);
      if (!name.endsWith(".jsonl.gz")) continue;
      const bytes = await Deno.readFile(join(root, folder, name));
      const text = new TextDecoder().decode(gunzipSync(bytes));
      for (const line of text.trimEnd().split("\n")) {
        lines.push({ folder, event: JSON.parse(line) });
      }
    }
  }
  await visit("");
  return lines;
}

/**
 * Formats generated TypeScript as `deno fmt` does.
 *
 * @module
 */

import { dirname, join } from "node:path";

/** How long the formatter may take before it is ended, in milliseconds. */
const MAX_TIME = 600_000;

/** The formatter did not take a generated file. */
export class FormatError extends Error {
  override name = "FormatError";
}

/**
 * The same files, formatted with Deno's defaults, which the repository uses.
 *
 * @param files Path to content; the paths are relative.
 * @param signal Ends the formatter. @default {after ten minutes}
 * @throws {FormatError} A file is no TypeScript.
 */
export async function formatFiles(
  files: ReadonlyMap<string, string>,
  signal: AbortSignal = AbortSignal.timeout(MAX_TIME),
): Promise<ReadonlyMap<string, string>> {
  if (files.size === 0) return files;
  const folder = await Deno.makeTempDir();
  try {
    for (const [path, content] of files) {
      await Deno.mkdir(join(folder, dirname(path)), { recursive: true });
      await Deno.writeTextFile(join(folder, path), content);
    }
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["fmt", "--no-config", "--quiet", "."],
      cwd: folder,
      signal,
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) {
      throw new FormatError(
        `Cannot format generated files: ${new TextDecoder().decode(stderr)}`,
      );
    }
    const formatted = new Map<string, string>();
    for (const path of files.keys()) {
      formatted.set(path, await Deno.readTextFile(join(folder, path)));
    }
    return formatted;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * Lints the Dockerfile: dockerfilelint, which npm downloads, and that every base
 * image is pinned.
 *
 * ```sh
 * deno run -A dev/supply/lint_dockerfile.ts [<file>]
 * ```
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Output, run } from "../command_line.ts";

const LINTER = "dockerfilelint@1.8.0";

/** Time for the linter, its download included, in milliseconds. */
const TIMEOUT = 120_000;

const DOCKERFILE = fileURLToPath(new URL("../../Dockerfile", import.meta.url));

const FROM = /^FROM\s+(?:--platform=\S+\s+)?(\S+)(?:\s+AS\s+(\S+))?\s*$/gim;

/** One line for each base image that is not pinned to a digest or a full version. */
export function unpinnedImages(dockerfile: string): readonly string[] {
  const stages = new Set(["scratch"]);
  return [...dockerfile.matchAll(FROM)].flatMap(([, image = "", stage]) => {
    const isPinned = stages.has(image.toLowerCase()) ||
      /@sha256:[0-9a-f]{64}$/.test(image) ||
      /:[^/:]*\d+\.\d+\.\d+[^/:]*$/.test(image);
    if (stage !== undefined) stages.add(stage.toLowerCase());
    return isPinned
      ? []
      : `Image "${image}" is not pinned: expected a digest or a full version`;
  });
}

/**
 * The text as the linter can read it: it was written before BuildKit, and takes the
 * platform of an image for its name.
 */
export function withoutPlatforms(dockerfile: string): string {
  return dockerfile.replace(/^(FROM\s+)--platform=\S+\s+/gim, "$1");
}

/**
 * The command.
 *
 * @param args The Dockerfile's path. @default {the repository's}
 * @param output Where to say what was found.
 * @returns Exit code: 1 if something was found, or the linter could not run.
 */
export async function main(
  [file = DOCKERFILE]: string[],
  output: Output = console,
): Promise<number> {
  const text = await Deno.readTextFile(file);
  const unpinned = unpinnedImages(text);
  for (const line of unpinned) output.error(line);
  const folder = await Deno.makeTempDir();
  try {
    const copy = join(folder, "Dockerfile");
    await Deno.writeTextFile(copy, withoutPlatforms(text));
    const { success, stdout, stderr } = await new Deno.Command("npx", {
      args: ["-y", "--ignore-scripts", LINTER, copy],
      signal: AbortSignal.timeout(TIMEOUT),
    }).output();
    const decoder = new TextDecoder();
    if (!success) {
      output.error(`${decoder.decode(stdout)}${decoder.decode(stderr)}`.trim());
    }
    if (!success || unpinned.length > 0) return 1;
    output.log(`${file}: pinned, and ${LINTER} finds nothing`);
    return 0;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) await run(main);

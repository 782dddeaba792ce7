// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * Looks for promises that nobody waits for: `deno run -A dev/lint/main.ts handlers`.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findingLine } from "./finding.ts";
import { findForgottenPromises } from "./promises.ts";

/** The TypeScript files in a folder. */
function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = join(folder, name);
    if (isDirectory) return filesIn(path);
    return /\.tsx?$/.test(name) ? [path] : [];
  }).sort();
}

const root = fileURLToPath(new URL("../..", import.meta.url))
  .replace(/[/\\]$/, "");
const files = Deno.args.flatMap((folder) => filesIn(join(root, folder)));
const findings = findForgottenPromises({ root, files });
for (const finding of findings) console.log(findingLine(finding));
if (findings.length > 0) Deno.exitCode = 1;

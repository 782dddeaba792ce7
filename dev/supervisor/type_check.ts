/**
 * Reads what `deno check` found.
 *
 * @module
 */

import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Finding } from "../lint/finding.ts";

const BEGINNING = /^(TS\d+) \[ERROR\]: (.*)$/;
const PLACE = /^\s+at (file:\/\/\S+):(\d+):(\d+)$/;

/**
 * The errors of types in its output, without colours. What it says of modules that are
 * not there or do not parse is none: the service cannot start then, and says the same.
 *
 * @param output What it wrote.
 * @param root The project's folder.
 */
export function parseTypeErrors(
  output: string,
  root: string,
): readonly Finding[] {
  const findings: Finding[] = [];
  let code: string | undefined;
  let said: string[] = [];
  for (const line of output.split("\n")) {
    const [, newCode, text] = BEGINNING.exec(line) ?? [];
    if (newCode !== undefined && text !== undefined) {
      code = newCode;
      said = [text];
      continue;
    }
    const [, url, row, column] = PLACE.exec(line) ?? [];
    if (code !== undefined && url !== undefined) {
      findings.push({
        file: relative(root, fileURLToPath(url)),
        line: Number(row),
        column: Number(column),
        text: `${messageOf(said)} (${code})`,
      });
      code = undefined;
    } else said.push(line);
  }
  return findings;
}

/** What comes before the line of source that is underlined. */
function messageOf(said: readonly string[]): string {
  const underlined = said.findIndex((line) => /^\s*~+\s*$/.test(line));
  const own = underlined < 0
    ? said
    : said.slice(0, Math.max(1, underlined - 1));
  return own.map((line) => line.trim()).filter(Boolean).join(" ");
}

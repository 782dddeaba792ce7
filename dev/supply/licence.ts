/**
 * Licences: what packages say theirs is, and which are accepted.
 *
 * @module
 */

import { join } from "node:path";
import { z } from "zod";
import type { Package } from "./packages.ts";

/**
 * SPDX identifiers of the licences that packages may have: those that let an
 * executable be handed on for the price of a notice.
 */
export const ACCEPTED: ReadonlySet<string> = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "Unlicense",
  "Zlib",
]);

const manifestSchema = z.object({
  license: z.string().optional().catch(undefined),
});

/**
 * What a package's `package.json` says its licence is: an SPDX expression, if the
 * package keeps to npm's rules.
 *
 * @returns `undefined` if it says nothing.
 */
export async function readLicence(
  { folder }: Package,
): Promise<string | undefined> {
  const text = await Deno.readTextFile(join(folder, "package.json"));
  return manifestSchema.parse(JSON.parse(text)).license?.trim() || undefined;
}

/** File names of licence and notice texts, as packages spell them. */
const TEXT_FILE = /^(licen[cs]e|notice|copying)(-[a-z0-9]+)?(\.(md|txt))?$/i;

/** The licence and notice texts in a package, by file name. */
export async function readLicenceTexts(
  { folder }: Package,
): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile && TEXT_FILE.test(name)) names.push(name);
  }
  return await Promise.all(
    names.sort().map(async (name) =>
      (await Deno.readTextFile(join(folder, name))).replaceAll("\r\n", "\n")
        .trim()
    ),
  );
}

/**
 * Whether an SPDX expression can be met with accepted licences alone: one side of
 * an OR is enough, an AND needs both. Exceptions (WITH) are never accepted unseen.
 */
export function isAccepted(expression: string): boolean {
  const tokens = expression.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;

  function either(): boolean {
    let isMet = both();
    while (tokens[at] === "OR") {
      at++;
      const isOtherMet = both();
      isMet ||= isOtherMet;
    }
    return isMet;
  }
  function both(): boolean {
    let isMet = one();
    while (tokens[at] === "AND") {
      at++;
      const isOtherMet = one();
      isMet &&= isOtherMet;
    }
    return isMet;
  }
  function one(): boolean {
    const token = tokens[at++];
    if (token !== "(") return ACCEPTED.has(token ?? "");
    const isMet = either();
    return tokens[at++] === ")" && isMet;
  }

  const isMet = either();
  return isMet && at === tokens.length;
}

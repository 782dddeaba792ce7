/**
 * Code blocks of a page that are whole files.
 *
 * @module
 */

import { join } from "node:path";
import { ROOT } from "../dev/_run.ts";

const BLOCK = /^```(?:ts|json)\n\/\/ (\S+)\n([^]*?)^```$/gm;

/** A block of any code that a compiler could see. */
const ANY_CODE = /^```ts$/gm;

/** What a page has. */
export interface Blocks {
  /** Content of the files, by path: those whose first line is a comment with it. */
  readonly files: Readonly<Record<string, string>>;
  /** How many blocks of TypeScript there are in all. */
  readonly count: number;
}

/** Reads the blocks of a page in `docs/`. */
export async function blocksOf(page: string): Promise<Blocks> {
  const text = await Deno.readTextFile(join(ROOT, "docs", page));
  const files = Object.fromEntries(
    [...text.matchAll(BLOCK)].map(([, path = "", code = ""]) => [path, code]),
  );
  return { files, count: text.match(ANY_CODE)?.length ?? 0 };
}

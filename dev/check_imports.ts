/**
 * Checks that imports point one way: `deno run -A dev/check_imports.ts [--root <folder>]`.
 *
 * Deno itself says who imports what, and what is imported by type only. All files
 * are looked at, whether anything imports them or not.
 *
 * @module
 */

import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { listFiles } from "./gen/file_tree.ts";
import { type Import, readImports } from "./house/imports.ts";
import { type Part, PARTS } from "./house/plan.ts";

/** Something that the house plan forbids. */
export interface Violation {
  /** The file, relative to the root. */
  readonly file: string;
  /** The line, from 1. */
  readonly line: number;
  /** What is wrong, and what is wanted. */
  readonly text: string;
}

/**
 * Finds what the house plan forbids, sorted by file and line.
 *
 * @param root The folder that holds `main.ts`, `lib/` and so on; what is not there
 * is not looked at.
 * @throws {ImportCheckError} A file has a syntax error.
 */
export async function checkImports(
  root: string,
): Promise<readonly Violation[]> {
  const files = await sourceFiles(root);
  const imports = await readImports(root, files);
  const texts = await Promise.all(
    files.map((file) => Deno.readTextFile(join(root, file))),
  );
  const violations = [
    ...imports.flatMap((each) => [...checkPart(each), ...checkPrivate(each)]),
    ...files.flatMap((file, index) => checkText(file, texts[index] ?? "")),
    ...findCycles(imports),
  ];
  return violations.sort((a, b) =>
    a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line
  );
}

function partOf(file: string): Part | undefined {
  return PARTS.find(({ path }) => covers(path, file));
}

function covers(path: string, file: string): boolean {
  return path.endsWith("/") ? file.startsWith(path) : file === path;
}

function checkPart({ from, line, to, isFile, isType }: Import): Violation[] {
  const part = partOf(from);
  if (part === undefined) return [];
  const { path, imports, types = [], packages } = part;
  const violation = (text: string) => [{ file: from, line, text }];
  if (!isFile) {
    const isAllowed = packages === undefined ||
      packages.some((name) => to === name || to.startsWith(`${name}/`));
    return isAllowed ? [] : violation(
      `"${path}" may not import the package "${to}": expected ${
        packages.join(" or ")
      }`,
    );
  }
  if (imports.some((each) => covers(each, to))) return [];
  if (types.some((each) => covers(each, to))) {
    return isType ? [] : violation(
      `"${path}" may import "${to}" by type only: expected "import type"`,
    );
  }
  const wanted = [...imports, ...types.map((each) => `${each} by type`)];
  return violation(
    `"${path}" may not import "${to}": expected ${
      wanted.length === 0 ? "no imports" : wanted.join(", ")
    }`,
  );
}

/** `_x.ts` belongs to its folder and what is below. */
function checkPrivate({ from, line, to, isFile }: Import): Violation[] {
  const owner = `${dirname(to)}/`;
  // Tests look at private parts, and share theirs: what is private in them is only
  // that it holds no tests.
  if (from.startsWith("tests/")) return [];
  if (!isFile || !/(^|\/)_[^/]*$/.test(to)) return [];
  if (owner === "./" || from.startsWith(owner)) return [];
  const text = `"${to}" is private: expected imports from "${owner}" only`;
  return [{ file: from, line, text }];
}

/** Every import that closes a circle, with the whole circle. Types count, too. */
function findCycles(imports: readonly Import[]): Violation[] {
  const bySource = Map.groupBy(imports, ({ from }) => from);
  const violations: Violation[] = [];
  const trail: string[] = [];
  const done = new Set<string>();
  function visit(file: string): void {
    trail.push(file);
    for (const { from, line, to } of bySource.get(file) ?? []) {
      const start = trail.indexOf(to);
      if (start >= 0) {
        const circle = [...trail.slice(start), to].join(" → ");
        const text = `Imports form a circle: ${circle}`;
        violations.push({ file: from, line, text });
      } else if (!done.has(to)) visit(to);
    }
    trail.pop();
    done.add(file);
  }
  for (const file of [...bySource.keys()].sort()) {
    if (!done.has(file)) visit(file);
  }
  return violations;
}

function checkText(file: string, text: string): Violation[] {
  const part = partOf(file);
  if (part === undefined) {
    return [{
      file,
      line: 1,
      text: "File is in no part of the house: expected a row for it in " +
        "dev/house/plan.ts",
    }];
  }
  const { path, without = [] } = part;
  if (without.length === 0) return [];
  const name = new RegExp(`(?<![\\w$.])(${without.join("|")})(?![\\w$])`, "g");
  return codeOf(text).split("\n").flatMap((code, index) =>
    [...code.matchAll(name)].map(([found]) => ({
      file,
      line: index + 1,
      text: `"${path}" may not use "${found}": expected it to be passed in`,
    }))
  );
}

/** The text without comments and quoted strings; the lines stay where they are. */
function codeOf(text: string): string {
  return text.replace(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g,
    (match) => match.replace(/[^\n]/g, " "),
  );
}

/** The files of all parts, and those beside them that are in none. */
async function sourceFiles(root: string): Promise<readonly string[]> {
  const files: string[] = [];
  for await (const { name, isFile } of Deno.readDir(root)) {
    if (isFile && name.endsWith(".ts")) files.push(name);
  }
  const folders = PARTS.filter(({ path }) => path.includes("/"))
    .map(({ path }) => path.slice(0, path.indexOf("/")));
  for (const folder of new Set(folders)) {
    const found = await listFiles(join(root, folder), ".ts");
    files.push(...found.map((file) => `${folder}/${file}`));
  }
  return files.sort();
}

/** Where a command says what it found. */
export type Output = Pick<Console, "error">;

/**
 * The command.
 *
 * @returns Exit code: 0 if there is nothing to say, 1 if there is.
 */
export async function main(
  args: string[],
  output: Output = console,
): Promise<number> {
  const repository = fileURLToPath(new URL("..", import.meta.url));
  const { values } = parseArgs({
    args,
    options: { root: { type: "string", default: repository } },
  });
  const violations = await checkImports(resolve(values.root));
  for (const { file, line, text } of violations) {
    output.error(`${file}:${line}: ${text}`);
  }
  return violations.length === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);

/**
 * Checks that imports point one way: `deno run -A dev/check_imports.ts [--root <folder>]`.
 *
 * Deno itself says who imports what, and what is imported by type only. All files
 * are looked at, whether anything imports them or not.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { listFiles } from "./gen/file_tree.ts";

/** A part of the house, and what its files may import. */
interface Part {
  /** A file, or a folder: those end with a slash. */
  readonly path: string;
  /** Parts, or parts of them, that it may import. */
  readonly imports: readonly string[];
  /** What it may import by type only. */
  readonly types?: readonly string[];
  /** The only packages and built-in modules it may import. @default {any} */
  readonly packages?: readonly string[];
  /** Global names that it may not use. */
  readonly without?: readonly string[];
}

const LEAVES = [
  "config",
  "kafka_settings",
  "listen_error",
  "log_levels",
  "otel_settings",
  "redis_url",
  "secret",
]
  .map((name) => `lib/${name}.ts`);
const BELOW_EDGES = [...LEAVES, "lib/core/", "lib/middleware/"];
const EDGES = ["ags", "dead_letters", "grpc", "http", "kafka", "telemetry"]
  .map((name) => `lib/${name}/`);
/** What `main.ts` needs beside the service. */
const MAIN_TOOLS = ["config_text", "stop_signals", "stray_errors"]
  .map((name) => `lib/${name}.ts`);
const SERVICE = ["main.ts", "mod.ts", "handlers/", "lib/", "proto/"];

/** The house plan, bottom up. */
const PARTS: readonly Part[] = [
  { path: "proto/", imports: ["proto/"] },
  { path: "lib/secret.ts", imports: [] },
  { path: "lib/listen_error.ts", imports: [] },
  { path: "lib/log_levels.ts", imports: [] },
  { path: "lib/otel_settings.ts", imports: [] },
  { path: "lib/kafka_settings.ts", imports: ["lib/secret.ts"] },
  { path: "lib/redis_url.ts", imports: ["lib/secret.ts"] },
  {
    path: "lib/config.ts",
    imports: [
      "lib/kafka_settings.ts",
      "lib/log_levels.ts",
      "lib/otel_settings.ts",
      "lib/redis_url.ts",
      "lib/secret.ts",
    ],
  },
  {
    path: "lib/core/",
    imports: ["lib/core/"],
    types: ["lib/config.ts", "proto/"],
    packages: ["fastest-levenshtein", "node:crypto"],
    without: ["Deno", "fetch", "globalThis"],
  },
  {
    path: "lib/middleware/",
    imports: ["lib/middleware/", "lib/core/", ...LEAVES],
    types: ["proto/"],
  },
  ...EDGES.map((path) => ({
    path,
    imports: [path, ...BELOW_EDGES],
    types: ["proto/"],
  })),
  {
    path: "lib/idempotency/",
    imports: ["lib/idempotency/", "lib/ags/", ...BELOW_EDGES],
  },
  {
    path: "lib/service.ts",
    imports: [
      ...BELOW_EDGES,
      ...EDGES,
      "lib/build_info.ts",
      "lib/idempotency/",
    ],
  },
  { path: "lib/doctor.ts", imports: [...BELOW_EDGES, ...EDGES] },
  { path: "lib/build_info.ts", imports: [] },
  ...MAIN_TOOLS.map((path) => ({
    path,
    imports: LEAVES,
    types: ["lib/core/"],
  })),
  {
    path: "mod.ts",
    imports: ["lib/core/", "lib/ags/errors.ts"],
    types: ["lib/", "proto/"],
  },
  {
    path: "handlers/",
    imports: ["handlers/", "mod.ts", "lib/ags/"],
    types: ["proto/"],
  },
  { path: "main.ts", imports: ["handlers/", "lib/"] },
  { path: "dev/", imports: [...SERVICE, "deno.json", "dev/"] },
  { path: "bench/", imports: [...SERVICE, "deno.json", "dev/", "bench/"] },
  {
    path: "tests/",
    imports: [...SERVICE, "deno.json", "dev/", "bench/", "tests/"],
  },
];

/** One import, as a file has it. */
interface Import {
  /** The importing file, relative to the root. */
  readonly from: string;
  /** Its line, from 1. */
  readonly line: number;
  /** What it imports: a path relative to the root, or a package as written. */
  readonly to: string;
  readonly isFile: boolean;
  readonly isType: boolean;
}

/** Something that the house plan forbids. */
export interface Violation {
  /** The file, relative to the root. */
  readonly file: string;
  /** The line, from 1. */
  readonly line: number;
  /** What is wrong, and what is wanted. */
  readonly text: string;
}

/** The imports cannot be read. */
export class ImportCheckError extends Error {
  override name = "ImportCheckError";
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
        "dev/check_imports.ts",
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

/** The part of `deno info --json` that is read here. */
interface ModuleInfo {
  readonly specifier: string;
  readonly error?: string;
  readonly dependencies?: readonly {
    readonly specifier: string;
    readonly code?: Resolution;
    readonly type?: Resolution;
  }[];
}

interface Resolution {
  readonly specifier?: string;
  readonly span: { readonly start: { readonly line: number } };
}

async function readImports(
  root: string,
  files: readonly string[],
): Promise<readonly Import[]> {
  const paths = new Map(
    files.map((file) => [pathToFileURL(join(root, file)).href, file]),
  );
  const modules = await readModules(root, [...paths.keys()]);
  return modules.flatMap(({ specifier, error, dependencies = [] }) => {
    const from = paths.get(specifier);
    if (from === undefined) return [];
    if (error !== undefined) {
      throw new ImportCheckError(`${from} cannot be read: ${error}`);
    }
    return dependencies.flatMap((dependency) => {
      // What is imported both ways is listed by its value import.
      const found = dependency.code ?? dependency.type;
      if (found === undefined) return [];
      const isFile = found.specifier?.startsWith("file:") === true;
      const to = isFile
        ? relative(root, fileURLToPath(found.specifier ?? ""))
        : dependency.specifier;
      return [{
        from,
        line: found.span.start.line + 1,
        to: to.replaceAll("\\", "/"),
        isFile,
        isType: dependency.code === undefined,
      }];
    });
  });
}

/** How long Deno may take to read the files, in milliseconds. */
const INFO_TIMEOUT = 60_000;

async function readModules(
  root: string,
  urls: readonly string[],
): Promise<readonly ModuleInfo[]> {
  const folder = await Deno.makeTempDir();
  try {
    const entry = join(folder, "all.ts");
    const lines = urls.map((url) => `import ${JSON.stringify(url)};\n`);
    await Deno.writeTextFile(entry, lines.join(""));
    const config = join(root, "deno.json");
    const { success, stdout, stderr } = await new Deno.Command(
      Deno.execPath(),
      {
        // Packages matter by name only: nothing is resolved or downloaded.
        args: ["info", "--json", "--no-lock", "--no-npm", "--no-remote"].concat(
          existsSync(config) ? ["--config", config] : ["--no-config"],
          entry,
        ),
        signal: AbortSignal.timeout(INFO_TIMEOUT),
        stdout: "piped",
        stderr: "piped",
      },
    ).output();
    const text = new TextDecoder();
    if (!success) {
      throw new ImportCheckError(
        `Imports cannot be read: ${text.decode(stderr)}`,
      );
    }
    return (JSON.parse(text.decode(stdout)) as { modules: ModuleInfo[] })
      .modules;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
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

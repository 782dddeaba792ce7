/**
 * Makes the executable: bundle, proto files and build info in one file.
 *
 * The modules are bundled first: with 370 files embedded one by one, the executable
 * was a fifth larger and took a third more memory, for packages' files that nothing
 * reaches.
 *
 * @module
 */

import { dirname, join, resolve } from "node:path";
import denoJson from "../../deno.json" with { type: "json" };
import { BUILD_INFO_FILE } from "../../lib/process/build_info.ts";
import { licensedPackages, noticeText } from "../supply/notice.ts";
import { permissionFlags } from "../permission_flags.ts";
import { inlineWasm } from "./inline_wasm.ts";

/** The executable could not be made. The message says why. */
export class CompileError extends Error {
  override name = "CompileError";
}

/** Options of {@linkcode makeExecutable}. */
export interface MakeExecutableOptions {
  /** Path of the executable. */
  readonly output: string;
  /** The system it is for, one of {@linkcode TARGETS}. */
  readonly target: string;
  /** The commit to stamp it with. @default {git's} */
  readonly commit?: string | undefined;
  /** Path of the Deno that compiles. */
  readonly deno: string;
  /** The base runtime. @default {downloaded by Deno, of exactly its own version} */
  readonly baseRuntime?: string;
}

/** The systems that AGS runs: amd64; and arm64, for whoever tries it on such a machine. */
export const TARGETS: readonly string[] = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
];

/** The target that this machine is. */
export function nativeTarget(): string {
  return Deno.build.target;
}

const ROOT = resolve(import.meta.dirname ?? ".", "../..");

/**
 * Makes the executable.
 *
 * @throws {CompileError} A step failed.
 */
export async function makeExecutable(
  options: MakeExecutableOptions,
): Promise<void> {
  const { output, target, deno } = options;
  const stage = join(ROOT, "dist", "stage");
  await removeAll(stage);
  await using stack = new AsyncDisposableStack();
  // Also when a step fails.
  stack.defer(() => removeAll(stage));
  await Deno.mkdir(stage, { recursive: true });
  await Deno.mkdir(dirname(resolve(output)), { recursive: true });
  await run(Deno.execPath(), [
    "bundle",
    "--quiet",
    "--platform=deno",
    `--output=${join(stage, "main.js")}`,
    await writeEntry(stage),
  ], {});
  await stripPaths(join(stage, "main.js"));
  await copyProtos(join(ROOT, "proto"), join(stage, "proto"));
  const commit = options.commit || await gitCommit() || "unknown";
  await Deno.writeTextFile(
    join(stage, BUILD_INFO_FILE),
    JSON.stringify({ commit }),
  );
  await run(deno, [
    "compile",
    "--quiet",
    "--no-config",
    "--no-check",
    `--target=${target}`,
    ...startFlags(),
    `--include=${join(stage, "proto")}`,
    `--include=${join(stage, BUILD_INFO_FILE)}`,
    `--output=${resolve(output)}`,
    join(stage, "main.js"),
  ], {
    // Deno 2.7's compiler overflows a thread's stack on a graph of this size.
    RUST_MIN_STACK: "33554432",
    ...(options.baseRuntime && { DENORT_BIN: options.baseRuntime }),
  });
  await Deno.writeTextFile(
    join(dirname(resolve(output)), "NOTICE"),
    noticeText(await licensedPackages()),
  );
}

/**
 * The entry point of the bundle: it says first in which files handlers were, for all of
 * them are in one then.
 */
async function writeEntry(stage: string): Promise<string> {
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(join(ROOT, "handlers"))) {
    const isHandler = isFile && name.endsWith(".ts") && !name.startsWith("_") &&
      name !== "mod.ts" && name !== "settings.ts";
    if (isHandler) names.push(name.slice(0, -".ts".length));
  }
  const files = names.sort();
  const imports = files.map((name, index) =>
    `import * as file${index} from "../../handlers/${name}.ts";\n`
  );
  const table = files.map((name, index) =>
    `  ${JSON.stringify(name)}: Object.values(file${index}),\n`
  );
  await Deno.writeTextFile(
    join(stage, "names.ts"),
    `import { nameHandlers } from "../../lib/core/handler_name.ts";
${imports.join("")}nameHandlers({\n${table.join("")}});\n`,
  );
  const entry = join(stage, "entry.ts");
  await Deno.writeTextFile(
    entry,
    // In a bundle main.ts is not the main module.
    'import "./names.ts";\nimport { run } from "../../main.ts";\nawait run();\n',
  );
  return entry;
}

/**
 * The flags of `./task start`, but for reading what is not there: the proto files
 * are inside, and a container has no `.env`.
 *
 * V8's limits among them are for containers of 256 MB and more: without them the heap
 * grows to what the machine has, not to what is in use (docs/benchmarks.md).
 */
function startFlags(): readonly string[] {
  const own = denoJson.tasks.start.command.split(" ").filter((part) =>
    part === "--no-prompt" || part.startsWith("--v8-flags=")
  );
  const allowed = permissionFlags("service").map((flag) =>
    flag.replace("--allow-read=proto,.env,", "--allow-read=")
  );
  return [...own, ...allowed];
}

/**
 * Puts in what the bundle would read from files, and shortens the paths by which the
 * bundler names each module's file, in comments and in keys: with them the executable
 * would depend on where the packages lie.
 */
async function stripPaths(bundle: string): Promise<void> {
  const text = await inlineWasm(await Deno.readTextFile(bundle), ROOT);
  const folder = /(?:\.\.\/)+\S*?\/npm\/[^/\s"]+\//g;
  await Deno.writeTextFile(bundle, text.replace(folder, "npm/"));
}

async function copyProtos(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const entry of Deno.readDir(from)) {
    const [source, copy] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory) await copyProtos(source, copy);
    else if (/\.(proto|properties)$/.test(entry.name)) {
      await Deno.copyFile(source, copy);
    }
  }
}

async function gitCommit(): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args: ["describe", "--always", "--dirty", "--exclude=*"],
      cwd: ROOT,
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function run(
  command: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd: ROOT,
    env,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  const text = new TextDecoder().decode(stderr).trim();
  const hint = /denort/.test(text)
    ? "\nDeno downloads its base runtime to compile: expected an internet " +
      "connection, or DENORT_BIN to name that file"
    : "";
  throw new CompileError(`deno ${args[0]} failed:\n${text}${hint}`);
}

async function removeAll(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

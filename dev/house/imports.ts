/**
 * Reads who imports what: Deno itself says it, and what is imported by type only.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** One import, as a file has it. */
export interface Import {
  /** The importing file, relative to the root. */
  readonly from: string;
  /** Its line, from 1. */
  readonly line: number;
  /** What it imports: a path relative to the root, or a package as written. */
  readonly to: string;
  readonly isFile: boolean;
  readonly isType: boolean;
}

/** The imports cannot be read. */
export class ImportCheckError extends Error {
  override name = "ImportCheckError";
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

/**
 * All imports of these files.
 *
 * @param root The folder that the files are relative to.
 * @throws {ImportCheckError} A file has a syntax error.
 */
export async function readImports(
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

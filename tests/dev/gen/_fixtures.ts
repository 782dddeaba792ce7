/**
 * Folders with proto files, made for one test.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { typeFiles } from "../../../dev/gen/types.ts";

/** A folder that is gone when the test ends. */
export interface Folder extends AsyncDisposable {
  /** Its path. */
  readonly path: string;
  /** Content of a file in it. */
  read(file: string): Promise<string>;
  /** Writes a file in it. */
  write(file: string, content: string): Promise<void>;
}

/** Makes a folder with these files. */
export async function makeFolder(
  files: Readonly<Record<string, string>> = {},
): Promise<Folder> {
  const path = await Deno.makeTempDir();
  async function write(file: string, content: string): Promise<void> {
    await Deno.mkdir(join(path, dirname(file)), { recursive: true });
    await Deno.writeTextFile(join(path, file), content);
  }
  for (const [file, content] of Object.entries(files)) {
    await write(file, content);
  }
  return {
    path,
    write,
    read: (file) => Deno.readTextFile(join(path, file)),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

/** What `types.ts` makes of these files, by path. */
export async function generate(
  files: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, string>> {
  await using folder = await makeFolder(files);
  return await typeFiles(folder.path);
}

/** What `types.ts` makes of one proto file with this body. */
export async function generateTypes(body: string): Promise<string> {
  const files = await generate({
    "a.proto": `syntax = "proto3";\npackage shop.v1;\n${body}`,
  });
  return files.get("a.ts") ?? "";
}

/** The properties of a generated interface, one a line, comments and spaces left out. */
export function propertiesOf(text: string, name: string): readonly string[] {
  const body = new RegExp(`export interface ${name} \\{\\n(.*?)\\n\\}`, "s")
    .exec(text)?.[1];
  if (body === undefined) {
    throw new Error(`No interface "${name}" in:\n${text}`);
  }
  return body.replace(/\/\*\*.*?\*\//gs, "").split(";")
    .map((property) => property.replace(/\s+/g, " ").trim())
    .filter((property) => property !== "");
}

/** Something to print to that remembers what was printed. */
export function recordOutput(): {
  readonly log: (text: string) => void;
  readonly error: (text: string) => void;
  readonly logged: readonly string[];
  readonly errors: readonly string[];
} {
  const logged: string[] = [];
  const errors: string[] = [];
  return {
    log: (text) => logged.push(text),
    error: (text) => errors.push(text),
    logged,
    errors,
  };
}

/**
 * The TypeScript of an event's message, with that of all messages in it, as the
 * generated files have it and editors show it.
 *
 * @module
 */

import { join, posix } from "node:path";

/** A generated file is not there, or lacks a type. */
export class DeclarationError extends Error {
  override name = "DeclarationError";
}

/** Which type is wanted. */
export interface DeclarationPlace {
  /** The generated file, relative to the proto folder. */
  readonly file: string;
  /** The type's name there. */
  readonly name: string;
}

/** An exported type of a generated file, with its JSDoc: formatted, so that each begins and ends at a line's start. */
const DECLARATION =
  /^(?:\/\*\*(?:(?!\*\/)[^])*\*\/\n)?export (?:interface|type) (\w+)[^]*?(?:;|\{\}|\n\})$(?=\n\n|\n*$(?![^]))/gm;

const NAMESPACE_IMPORT = /^import type \* as (\w+) from "([^"]+)";$/gm;
const NAMED_IMPORT = /^import type \{ ([^}]+) \} from "([^"]+)";$/gm;

/** What a generated file declares and imports. */
interface Source {
  readonly declarations: ReadonlyMap<string, string>;
  /** Files imported under a name, and types imported by name, to where they are. */
  readonly modules: ReadonlyMap<string, string>;
  readonly types: ReadonlyMap<string, DeclarationPlace>;
}

/**
 * The declarations of a type and of all types that it needs, each after the one
 * that needs it first.
 *
 * @param protoFolder The folder that the files are relative to.
 * @throws {DeclarationError} The generated files do not have the type.
 */
export function declarationsOf(
  protoFolder: string,
  place: DeclarationPlace,
): readonly string[] {
  const sources = new Map<string, Source>();
  const found = new Map<string, string>();
  const queue: DeclarationPlace[] = [place];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { file, name } = next;
    const id = `${file}#${name}`;
    if (found.has(id)) continue;
    const source = sources.get(file) ?? readSource(protoFolder, file);
    sources.set(file, source);
    const text = source.declarations.get(name);
    if (text === undefined) {
      throw new DeclarationError(
        `Type "${name}" is not in proto/${file}: run ./task gen`,
      );
    }
    found.set(id, text);
    queue.push(...needsOf(text, source, { file, name }));
  }
  return [...found.values()];
}

function needsOf(
  text: string,
  { declarations, modules, types }: Source,
  own: DeclarationPlace,
): readonly DeclarationPlace[] {
  // Comments and quoted names are no types, and neither are the names of fields.
  const code = text.replace(/\/\*\*[^]*?\*\//g, "").replace(/"[^"]*"/g, "")
    .replace(/\breadonly \w+\??:/g, ":");
  return [...code.matchAll(/\b(?:(\w+)\.)?(\w+)\b/g)].flatMap(
    ([, module, name = ""]) => {
      if (module !== undefined) {
        const file = modules.get(module);
        return file === undefined ? [] : [{ file, name }];
      }
      if (name === own.name) return [];
      if (declarations.has(name)) return [{ file: own.file, name }];
      return types.get(name) ?? [];
    },
  );
}

function readSource(protoFolder: string, file: string): Source {
  let text: string;
  try {
    text = Deno.readTextFileSync(join(protoFolder, file));
  } catch (cause) {
    throw new DeclarationError(
      `File proto/${file} cannot be read: run ./task gen`,
      { cause },
    );
  }
  const from = (path: string) => posix.join(posix.dirname(file), path);
  return {
    declarations: new Map(
      [...text.matchAll(DECLARATION)].map(([all, name = ""]) => [name, all]),
    ),
    modules: new Map(
      [...text.matchAll(NAMESPACE_IMPORT)].map((
        [, name = "", path = ""],
      ) => [name, from(path)]),
    ),
    types: new Map(
      [...text.matchAll(NAMED_IMPORT)].flatMap(([, names = "", path = ""]) =>
        names.split(", ").map((name) => [name, { file: from(path), name }])
      ),
    ),
  };
}

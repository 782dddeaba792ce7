/**
 * Parses proto files, and only the requested ones.
 *
 * The parser is protobufjs, which @grpc/proto-loader also uses. The loader
 * itself is not used: it finds imports with `fs.access`, which fails inside an
 * executable, loses the files' own field names, and builds a descriptor of
 * every message before the first event can arrive.
 *
 * @module
 */

import { StartError } from "../core/errors.ts";
import { join } from "node:path";
import protobuf from "protobufjs";
import descriptorJson from "protobufjs/google/protobuf/descriptor.json" with {
  type: "json",
};
import {
  explainParseError,
  explainResolveError,
  lineOf,
} from "./proto_problems.ts";

/** A parsed proto file. */
export interface ProtoFile {
  /** Its name as in imports: relative to the proto folder. */
  readonly name: string;
  /** Its package; empty if it has none. */
  readonly package: string;
  /** The names of the files it imports. */
  readonly imports: readonly string[];
  /** Its options, by their names in the file; `undefined` if it has none. */
  readonly options: Readonly<Record<string, unknown>> | undefined;
}

/** Parsed proto files and their declarations. */
export interface ProtoFiles {
  /** The declarations, with the files' own names (`user_id`). */
  readonly root: protobuf.Root;
  /** The files by name, including those that come with protobuf. */
  readonly files: ReadonlyMap<string, ProtoFile>;
}

/**
 * A proto file is invalid. The message starts with `file:line`, as far as
 * known.
 */
export class ProtoFileError extends StartError {
  override name = "ProtoFileError";
}

/**
 * Parses proto files and their imports.
 *
 * @param folder Absolute path of the proto folder.
 * @param names Files to parse, relative to it.
 * @throws {ProtoFileError} A file is missing or not a valid proto file.
 */
export function readProtoFiles(
  folder: string,
  names: Iterable<string>,
): ProtoFiles {
  const root = new protobuf.Root();
  const files = new Map<string, ProtoFile>();
  const queue: { name: string; by?: string }[] = [...names].map((name) => ({
    name,
  }));
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { name, by } = next;
    if (files.has(name)) continue;
    const file = isCommon(name)
      ? addCommon(root, name)
      : parse(root, name, readText(folder, name, by));
    files.set(name, file);
    queue.push(
      ...file.imports.map((imported) => ({ name: imported, by: name })),
    );
  }
  try {
    root.resolveAll();
  } catch (cause) {
    const where = explainResolveError(
      root,
      (name) => readText(folder, name, undefined),
    );
    throw new ProtoFileError(
      where ?? `${[...files.keys()].join(", ")}: ${messageOf(cause)}`,
      { cause },
    );
  }
  return { root, files };
}

function readText(
  folder: string,
  name: string,
  by: string | undefined,
): string {
  try {
    return Deno.readTextFileSync(join(folder, name));
  } catch (cause) {
    if (by === undefined) {
      throw new ProtoFileError(
        `${name}: The file cannot be read: expected it in ${folder}`,
        { cause },
      );
    }
    const line = lineOf(
      Deno.readTextFileSync(join(folder, by)),
      new RegExp(`\\bimport\\b.*["']${RegExp.escape(name)}["']`),
    );
    throw new ProtoFileError(
      `${by}:${line ?? 1}: Import "${name}" cannot be read: ` +
        `expected the file in ${folder}`,
      { cause },
    );
  }
}

function parse(root: protobuf.Root, name: string, text: string): ProtoFile {
  try {
    const parsed = protobuf.parse(text, root, { keepCase: true });
    setFileNames(root, name);
    // The parser stores options on the package, which other files may share.
    const scope = root.lookup(parsed.package ?? "") ?? root;
    const { options } = scope;
    delete scope.options;
    return {
      name,
      package: parsed.package ?? "",
      imports: importsOf(root, parsed),
      options,
    };
  } catch (cause) {
    throw new ProtoFileError(explainParseError(cause, { name, text }), {
      cause,
    });
  }
}

/** The file that declares custom options. */
const DESCRIPTOR = "google/protobuf/descriptor.proto";

/**
 * The imports, without that of options: AGS's files may declare custom options,
 * but nothing here uses them, and descriptors omit them. They only have to be
 * known while the file is resolved.
 */
function importsOf(
  root: protobuf.Root,
  { imports = [], weakImports = [] }: protobuf.IParserResult,
): readonly string[] {
  const all = [...imports, ...weakImports];
  const isAdded = root.lookup("google.protobuf.FileDescriptorProto") !== null;
  if (all.includes(DESCRIPTOR) && !isAdded) {
    root.addJSON(structuredClone(descriptorJson.nested as Nested));
    setFileNames(root, DESCRIPTOR);
  }
  return all.filter((name) => name !== DESCRIPTOR);
}

type Nested = NonNullable<protobuf.INamespace["nested"]>;

const COMMON =
  /^google\/protobuf\/(any|duration|empty|field_mask|struct|timestamp|wrappers)\.proto$/;

function isCommon(name: string): boolean {
  return COMMON.test(name);
}

/** Adds a file that comes with protobuf. */
function addCommon(root: protobuf.Root, name: string): ProtoFile {
  const common = protobuf.common.get(name);
  if (common === null) {
    throw new ProtoFileError(`${name}: The parser does not have this file`);
  }
  root.addJSON(structuredClone(common.nested ?? {}));
  setFileNames(root, name);
  return { name, package: "google.protobuf", imports: [], options: undefined };
}

/**
 * Assigns the file name to newly added objects, which belong to no file yet.
 */
function setFileNames(parent: protobuf.NamespaceBase, name: string): void {
  for (const child of parent.nestedArray) {
    const isPackage = child.constructor === protobuf.Namespace;
    if (!isPackage) child.filename ??= name;
    if (child instanceof protobuf.Namespace) setFileNames(child, name);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

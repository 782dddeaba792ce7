/**
 * Reads all proto files of a folder, with the event keys beside them.
 *
 * @module
 */

import { join } from "node:path";
import protobuf from "protobufjs";
import { shortKey } from "../../lib/grpc/event_catalog.ts";
import {
  checkServiceNames,
  type EventProperty,
  parseEventProperties,
} from "../../lib/grpc/event_properties.ts";
import { listFiles } from "./file_tree.ts";

/** Ending of the files that map event keys to services. */
const PROPERTIES = ".sc.properties";

/** One proto file. */
export interface ProtoFile {
  /** Path under the proto folder: `accelbyte-asyncapi/iam/account/v1/account.proto`. */
  readonly path: string;
  /** Proto package; empty if the file states none. */
  readonly package: string;
  /** Its messages, nested ones after the message around them. */
  readonly messages: readonly protobuf.Type[];
  /** Its enums, nested ones included. */
  readonly enums: readonly protobuf.Enum[];
  /** Its services. */
  readonly services: readonly protobuf.Service[];
  /** What `<name>.sc.properties` says; empty without such a file. */
  readonly events: readonly EventProperty[];
}

/** A proto file cannot be read, or what it needs is missing. */
export class ProtoSourceError extends Error {
  override name = "ProtoSourceError";
}

/**
 * Reads and resolves all proto files under a folder, sorted by path.
 *
 * Names are camelCase and types are resolved as in the running service, which has
 * protobufjs read the same files.
 *
 * @throws {ProtoSourceError} A file does not parse, or an import or type is missing.
 * @throws {EventPropertiesError} A properties file is wrong.
 */
export async function readProtoFiles(
  folder: string,
): Promise<readonly ProtoFile[]> {
  const paths = await listFiles(folder, ".proto");
  const known = new Set(paths);
  await checkNeighbours(folder, known);
  const root = new protobuf.Root();
  const packages = new Map<string, string>();
  for (const path of paths) {
    const text = await Deno.readTextFile(join(folder, path));
    const { package: name = "", imports = [] } = parse(path, text, root);
    packages.set(path, name);
    for (const imported of imports) addImport(imported, { root, path, known });
  }
  try {
    root.resolveAll();
  } catch (cause) {
    throw new ProtoSourceError(
      `Cannot resolve the proto files in "${folder}": ${
        (cause as Error).message
      }`,
      { cause },
    );
  }
  const objects = Map.groupBy(descendants(root), ({ filename }) => filename);
  return await Promise.all(paths.map(async (path) => {
    const own = objects.get(path) ?? [];
    const services = own.filter((object) => object instanceof protobuf.Service);
    return {
      path,
      package: packages.get(path) ?? "",
      messages: own.filter((object) => object instanceof protobuf.Type),
      enums: own.filter((object) => object instanceof protobuf.Enum),
      services,
      events: await readEvents(folder, path, services),
    };
  }));
}

function parse(
  path: string,
  text: string,
  root: protobuf.Root,
): protobuf.IParserResult {
  // Missing from the library's types; it marks each object with its file.
  const parser = protobuf.parse as typeof protobuf.parse & {
    filename: string | null;
  };
  parser.filename = path;
  try {
    return parser(text, root, { keepCase: false });
  } catch (cause) {
    throw new ProtoSourceError(
      `Cannot parse ${path}: ${(cause as Error).message}`,
      { cause },
    );
  }
}

function addImport(
  imported: string,
  { root, path, known }: {
    readonly root: protobuf.Root;
    readonly path: string;
    readonly known: ReadonlySet<string>;
  },
): void {
  if (known.has(imported)) return;
  const bundled = protobuf.common.get(imported);
  if (bundled?.nested !== undefined) {
    if (!root.files.includes(imported)) {
      root.files.push(imported);
      root.addJSON(bundled.nested);
    }
    return;
  }
  // Descriptors are only there for options, which make no types.
  if (imported === "google/protobuf/descriptor.proto") return;
  throw new ProtoSourceError(
    `Import "${imported}" of ${path} does not exist: put the file there, under the proto folder`,
  );
}

function* descendants(
  parent: protobuf.NamespaceBase,
): Generator<protobuf.ReflectionObject> {
  for (const object of parent.nestedArray) {
    yield object;
    if (object instanceof protobuf.Namespace) yield* descendants(object);
  }
}

async function checkNeighbours(
  folder: string,
  protoFiles: ReadonlySet<string>,
): Promise<void> {
  for (const path of await listFiles(folder, PROPERTIES)) {
    const protoFile = path.slice(0, -PROPERTIES.length) + ".proto";
    if (protoFiles.has(protoFile)) continue;
    throw new ProtoSourceError(
      `Properties file ${path} has no proto file: put ${protoFile} beside it, or remove it`,
    );
  }
}

async function readEvents(
  folder: string,
  path: string,
  services: readonly protobuf.Service[],
): Promise<readonly EventProperty[]> {
  const file = path.replace(/\.proto$/, PROPERTIES);
  let text: string;
  try {
    text = await Deno.readTextFile(join(folder, file));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  const events = parseEventProperties(text, { file });
  const names = new Set(services.map(({ name }) => name));
  checkServiceNames(events, { file, protoFile: path, services: names });
  return events.map((event) => ({ ...event, key: shortKey(event.key) }));
}

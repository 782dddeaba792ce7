/**
 * Reads all proto files of a folder, with the event keys beside them.
 *
 * @module
 */

import { join } from "node:path";
import protobuf from "protobufjs";
import { eventKey, serviceNames } from "../../lib/core/event_key.ts";
import {
  type EventProperty,
  parseEventProperties,
} from "../../lib/events/properties.ts";
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
  /** The events that its services take, as `<name>.sc.properties` says. */
  readonly events: readonly EventProperty[];
  /** Lines of that file whose service does not exist: no such event can come. */
  readonly absent: readonly AbsentEvent[];
}

/** An event without a service. AGS's own files have such lines. */
export interface AbsentEvent {
  /** Its key. */
  readonly key: string;
  /** The service that is not there. */
  readonly serviceName: string;
  /** Where it is declared: `file:line`. */
  readonly declaredAt: string;
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
      ...await readEvents(folder, path, services),
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
): Promise<Pick<ProtoFile, "events" | "absent">> {
  const file = path.replace(/\.proto$/, PROPERTIES);
  let text: string;
  try {
    text = await Deno.readTextFile(join(folder, file));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return { events: [], absent: [] };
    }
    throw error;
  }
  const events: EventProperty[] = [];
  const absent: AbsentEvent[] = [];
  const names = new Set(services.map(({ name }) => name));
  for (const entry of parseEventProperties(text, { file })) {
    const key = eventKey(entry.key);
    const serviceName = serviceNames(entry.key, entry.serviceName)
      .find((name) => names.has(name));
    if (serviceName !== undefined) events.push({ ...entry, key, serviceName });
    else {
      absent.push({
        key,
        serviceName: entry.serviceName,
        declaredAt: `${file}:${entry.line}`,
      });
    }
  }
  return { events, absent };
}

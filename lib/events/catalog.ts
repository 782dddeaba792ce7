/**
 * Reads the catalog of events from AGS's properties files in `proto/`.
 *
 * @module
 */

import { join, relative } from "node:path";
import type { CatalogEvent, EventCatalog } from "../core/catalog.ts";
import { eventKey, nameEvents, serviceNames } from "../core/event_key.ts";
import { EventPropertiesError, parseEventProperties } from "./properties.ts";
import { ProtoFileError } from "./proto_files.ts";

/** The folder of AGS's files below the proto folder, as in AGS's templates. */
const AGS_FOLDER = "accelbyte-asyncapi";
const SUFFIX = ".sc.properties";

/**
 * Reads the catalog. It reads only the properties files, no proto file.
 *
 * @param protoFolder Absolute path of the proto folder.
 * @throws {EventPropertiesError} A line of a file is invalid, or declares an
 * event that another line of the same package declares.
 * @throws {ProtoFileError} The folder, or a properties file, cannot be read.
 */
export function readCatalog(protoFolder: string): EventCatalog {
  const declared = propertiesFiles(join(protoFolder, AGS_FOLDER)).flatMap(
    (path) => {
      // Names of proto files use slashes on every system.
      const file = relative(protoFolder, path).replaceAll("\\", "/");
      const text = read(file, () => Deno.readTextFileSync(path));
      return parseEventProperties(text, { file }).map((entry) => ({
        key: eventKey(entry.key),
        package: packageOf(file),
        serviceName: entry.serviceName,
        serviceNames: serviceNames(entry.key, entry.serviceName),
        protoFile: `${file.slice(0, -SUFFIX.length)}.proto`,
        declaredAt: `${file}:${entry.line}`,
      }));
    },
  );
  refuseTwins(declared);
  const events = nameEvents(declared).map(({ event, types }) => ({
    ...event,
    types,
  }));
  const types = [...new Set(events.flatMap((event) => event.types))].sort();
  return { protoFolder, events, types };
}

function propertiesFiles(folder: string): readonly string[] {
  const paths: string[] = [];
  const entries = read(folder, () => [...Deno.readDirSync(folder)]);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) paths.push(...propertiesFiles(path));
    else if (entry.name.endsWith(SUFFIX)) paths.push(path);
  }
  return paths.sort();
}

function read<T>(path: string, reader: () => T): T {
  try {
    return reader();
  } catch (cause) {
    throw new ProtoFileError(
      `${path}: Event files cannot be read: expected AGS's files there`,
      { cause },
    );
  }
}

type Declared = Omit<CatalogEvent, "types">;

/**
 * The events of a package have different names, in whichever of its files they
 * are.
 */
function refuseTwins(events: readonly Declared[]): void {
  const places = new Map<string, string>();
  for (const { key, package: name, declaredAt } of events) {
    const place = places.get(`${name} ${key}`);
    if (place !== undefined) {
      const [file = "", line] = declaredAt.split(":");
      throw new EventPropertiesError(
        file,
        Number(line),
        `Event key "${key}" is already declared at ${place}: remove one of the two lines`,
      );
    }
    places.set(`${name} ${key}`, declaredAt);
  }
}

/**
 * AGS's folders follow the package:
 * `accelbyte-asyncapi/iam/account/v1/account.proto`.
 */
function packageOf(file: string): string {
  const folders = file.split("/").slice(1, -1);
  return ["accelbyte", ...folders].join(".");
}

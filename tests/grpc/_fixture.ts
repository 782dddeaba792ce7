/**
 * The proto files of these tests.
 *
 * @module
 */

import { dirname, join } from "node:path";
import type protobuf from "protobufjs";
import {
  type ProtoFiles,
  readProtoFiles,
} from "../../lib/events/proto_files.ts";

/** Absolute path of the project's own proto folder. */
export const PROTO_FOLDER: string = join(
  import.meta.dirname!,
  "..",
  "..",
  "proto",
);

/** Absolute path of the folder with the file that has every kind of field. */
export const FIXTURE_FOLDER: string = join(import.meta.dirname!, "testdata");

/** The file that has every kind of field, and what it imports. */
export function fixtureFiles(): ProtoFiles {
  return readProtoFiles(FIXTURE_FOLDER, ["fixture/kinds.proto"]);
}

/** A message of the file that has every kind of field. */
export function fixtureType(name: string): protobuf.Type {
  return fixtureFiles().root.lookupType(`fixture.kinds.v1.${name}`);
}

/** A folder that is gone when the test ends. */
export interface Folder extends Disposable {
  /** Its absolute path. */
  readonly path: string;
}

/** Makes a folder with these files. */
export function makeFolder(
  files: Readonly<Record<string, string>> = {},
): Folder {
  const path = Deno.realPathSync(Deno.makeTempDirSync());
  for (const [name, content] of Object.entries(files)) {
    Deno.mkdirSync(dirname(join(path, name)), { recursive: true });
    Deno.writeTextFileSync(join(path, name), content);
  }
  return {
    path,
    [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }),
  };
}

/** Makes a folder with the project's own proto and properties files. */
export function copyProtoFolder(): Folder {
  const folder = makeFolder();
  copy(PROTO_FOLDER, folder.path);
  return folder;
}

function copy(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (isDirectory) copy(join(from, name), join(to, name));
    else if (/\.(proto|properties)$/.test(name)) {
      Deno.copyFileSync(join(from, name), join(to, name));
    }
  }
}

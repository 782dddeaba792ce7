/**
 * Google's well-known types for protoc, which Debian packs apart from it.
 *
 * @module
 */

import { create, toBinary } from "@bufbuild/protobuf";
import {
  file_google_protobuf_empty,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";

/**
 * Writes down all that the proto files here import of them.
 *
 * @param file Where to.
 * @returns protoc's argument that reads it.
 */
export async function wellKnownTypes(file: string): Promise<string> {
  const set = create(FileDescriptorSetSchema, {
    file: [
      file_google_protobuf_empty,
      file_google_protobuf_struct,
      file_google_protobuf_timestamp,
      file_google_protobuf_wrappers,
    ].map(({ proto }) => proto),
  });
  await Deno.writeFile(file, toBinary(FileDescriptorSetSchema, set));
  return `--descriptor_set_in=${file}`;
}

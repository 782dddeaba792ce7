/**
 * Descriptors as plain objects, to compare them.
 *
 * @module
 */

import protobuf from "protobufjs";
import descriptorJson from "protobufjs/google/protobuf/descriptor.json" with {
  type: "json",
};

/** A `FileDescriptorProto` as protobuf's JSON has it. */
export interface FileDescriptor {
  readonly name: string;
  readonly package?: string;
  readonly dependency?: readonly string[];
  readonly options?: object;
  readonly [part: string]: unknown;
}

const root = protobuf.Root.fromJSON(
  // The file's own type is wider than what the library declares to take.
  descriptorJson as unknown as protobuf.INamespace,
);

/** Reads one file's descriptor. */
export function readDescriptor(bytes: Uint8Array): FileDescriptor {
  return read("FileDescriptorProto", bytes) as unknown as FileDescriptor;
}

/** Reads what protoc writes: the descriptors of several files. */
export function readDescriptorSet(
  bytes: Uint8Array,
): readonly FileDescriptor[] {
  const { file } = read("FileDescriptorSet", bytes);
  return file as readonly FileDescriptor[];
}

function read(name: string, bytes: Uint8Array): Record<string, unknown> {
  const type = root.lookupType(`google.protobuf.${name}`);
  return type.toObject(type.decode(bytes), { enums: String, longs: String });
}

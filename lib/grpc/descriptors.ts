/**
 * Describes proto files for reflection: `FileDescriptorProto`.
 *
 * Each file is described as written, with its own name, imports, field names,
 * JSON names and options, as protoc does. A connector links these files, and a
 * linker refuses files without their imports.
 *
 * @module
 */

import protobuf from "protobufjs";
import descriptorJson from "protobufjs/google/protobuf/descriptor.json" with {
  type: "json",
};
import type { ProtoFile, ProtoFiles } from "../events/proto_files.ts";

type Json = Record<string, unknown>;

/** Numbers of `FieldDescriptorProto.Type` for scalar types. */
const SCALARS: Readonly<Record<string, number>> = {
  double: 1,
  float: 2,
  int64: 3,
  uint64: 4,
  int32: 5,
  fixed64: 6,
  fixed32: 7,
  bool: 8,
  string: 9,
  bytes: 12,
  uint32: 13,
  sfixed32: 15,
  sfixed64: 16,
  sint32: 17,
  sint64: 18,
};
const TYPE_MESSAGE = 11;
const TYPE_ENUM = 14;
const LABEL_OPTIONAL = 1;
const LABEL_REPEATED = 3;

/**
 * Encodes a file's descriptor.
 *
 * @param files The result of {@linkcode readProtoFiles}.
 * @param file One of them.
 */
export function encodeDescriptor(
  files: ProtoFiles,
  file: ProtoFile,
): Uint8Array {
  const scope = files.root.lookup(file.package) ?? files.root;
  const own = (scope as protobuf.NamespaceBase).nestedArray
    .filter((object) => object.filename === file.name);
  const type = descriptorRoot().lookupType(
    "google.protobuf.FileDescriptorProto",
  );
  return type.encode(type.fromObject({
    name: file.name,
    ...(file.package && { package: file.package }),
    dependency: file.imports,
    messageType: own.filter(isType).map(message),
    enumType: own.filter(isEnum).map(enumeration),
    service: own.filter((o) => o instanceof protobuf.Service).map(service),
    ...(file.options && { options: fileOptions(file.options) }),
    syntax: "proto3",
  })).finish();
}

let root: protobuf.Root | undefined;

function descriptorRoot(): protobuf.Root {
  return root ??= protobuf.Root.fromJSON(
    descriptorJson as unknown as protobuf.INamespace,
  );
}

function isType(object: unknown): object is protobuf.Type {
  return object instanceof protobuf.Type;
}

function isEnum(object: unknown): object is protobuf.Enum {
  return object instanceof protobuf.Enum;
}

function message(type: protobuf.Type): Json {
  const maps = type.fieldsArray
    .filter((field): field is protobuf.Field & protobuf.MapField =>
      field instanceof protobuf.MapField
    );
  // Synthetic oneofs, which represent `optional`, come after the declared ones.
  const optional = type.fieldsArray.filter(isOptional);
  const oneofs = type.oneofsArray.filter((oneof) => !isSynthetic(oneof));
  const oneofIndex = (field: protobuf.Field) =>
    isOptional(field)
      ? oneofs.length + optional.indexOf(field)
      : oneofs.findIndex((oneof) => oneof.fieldsArray.includes(field));
  return {
    name: type.name,
    field: type.fieldsArray.map((field) => {
      const index = oneofIndex(field);
      return {
        ...fieldOf(field),
        ...(index >= 0 && { oneofIndex: index }),
        ...(isOptional(field) && { proto3Optional: true }),
      };
    }),
    nestedType: [
      ...type.nestedArray.filter(isType).map(message),
      ...maps.map(mapEntry),
    ],
    enumType: type.nestedArray.filter(isEnum).map(enumeration),
    oneofDecl: [
      ...oneofs.map(({ name }) => ({ name })),
      ...optional.map(({ name }) => ({ name: `_${name}` })),
    ],
  };
}

function isOptional(field: protobuf.Field): boolean {
  return field.options?.proto3_optional === true;
}

function isSynthetic(oneof: protobuf.OneOf): boolean {
  return oneof.fieldsArray.every(isOptional);
}

function fieldOf(field: protobuf.Field): Json {
  const isMap = field.map;
  return {
    name: nameOf(field),
    number: field.id,
    label: field.repeated || isMap ? LABEL_REPEATED : LABEL_OPTIONAL,
    ...(isMap
      ? {
        type: TYPE_MESSAGE,
        typeName: `${field.parent?.fullName}.${entryName(field)}`,
      }
      : typeOf(field.type, field.resolvedType)),
    jsonName: field.options?.json_name ?? jsonName(field.name),
    ...(field.options?.deprecated === true &&
      { options: { deprecated: true } }),
  };
}

/**
 * The name in the file. The parser converts those of Google's own files to
 * camelCase.
 */
function nameOf(field: protobuf.Field): string {
  return field.parent?.fullName.startsWith(".google.protobuf.")
    ? field.name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    : field.name;
}

function typeOf(
  name: string,
  resolved: protobuf.Type | protobuf.Enum | null,
): Json {
  if (resolved === null) return { type: SCALARS[name] };
  const type = resolved instanceof protobuf.Enum ? TYPE_ENUM : TYPE_MESSAGE;
  return { type, typeName: resolved.fullName };
}

function mapEntry(field: protobuf.MapField): Json {
  const part = (name: string, number: number, type: Json) => ({
    name,
    number,
    label: LABEL_OPTIONAL,
    jsonName: name,
    ...type,
  });
  return {
    name: entryName(field),
    field: [
      part("key", 1, typeOf(field.keyType, null)),
      part("value", 2, typeOf(field.type, field.resolvedType)),
    ],
    options: { mapEntry: true },
  };
}

/** protoc's name for the message of a map entry. */
function entryName(field: Pick<protobuf.Field, "name">): string {
  const camel = jsonName(field.name);
  return `${camel.charAt(0).toUpperCase()}${camel.slice(1)}Entry`;
}

/**
 * protoc's rule for JSON names: each `_` is removed and the next letter
 * capitalised.
 */
function jsonName(name: string): string {
  return name.replace(/_+(.?)/g, (_all, next: string) => next.toUpperCase());
}

function enumeration(type: protobuf.Enum): Json {
  return {
    name: type.name,
    value: Object.entries(type.values).map(([name, number]) => ({
      name,
      number,
    })),
  };
}

function service(type: protobuf.ReflectionObject): Json {
  const { name, methodsArray } = type as protobuf.Service;
  return {
    name,
    method: methodsArray.map((method) => ({
      name: method.name,
      inputType: method.resolvedRequestType?.fullName,
      outputType: method.resolvedResponseType?.fullName,
      ...(method.requestStream && { clientStreaming: true }),
      ...(method.responseStream && { serverStreaming: true }),
    })),
  };
}

/** The options of AGS's files: strings and booleans, by their names in proto files. */
function fileOptions(options: Json): Json {
  return Object.fromEntries(
    Object.entries(options).map((
      [name, value],
    ) => [protobuf.util.camelCase(name), value]),
  );
}

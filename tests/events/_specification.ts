/**
 * AGS's event specification as its publisher states it, and an encoder of its
 * messages that shares nothing with the service: neither the proto files, nor their
 * parser, nor the decoder.
 *
 * @module
 */

import { join } from "node:path";
import {
  create,
  createFileRegistry,
  type DescMessage,
  fromJson,
  type JsonValue,
  type Registry,
} from "@bufbuild/protobuf";
import {
  file_google_protobuf_empty,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";

/** A field as the specification has it. */
export interface SpecifiedField {
  readonly name: string;
  readonly number: number;
  /** `string`, `Message`, `Message[]`, `map<string,int64>`. */
  readonly type: string;
  /** Its name in JSON, where that is not the usual one. */
  readonly json: string | undefined;
  readonly oneof: string | undefined;
  readonly deprecated: boolean;
}

/** A service as the specification has it. */
export interface SpecifiedService {
  readonly name: string;
  readonly method: string;
  readonly request: string;
  readonly response: string;
  /** The vendor's keys of its event; none for a service that its mapping leaves out. */
  readonly events: readonly string[];
}

/** A file as the specification has it. */
export interface SpecifiedFile {
  /** Its path below the proto folder. */
  readonly path: string;
  readonly package: string;
  readonly services: readonly SpecifiedService[];
  readonly messages: ReadonlyMap<string, readonly SpecifiedField[]>;
}

/** All files of the specification. */
export const SPECIFICATION: readonly SpecifiedFile[] = parse(
  Deno.readTextFileSync(
    join(import.meta.dirname!, "testdata", "ags_specification.txt"),
  ),
);

function parse(text: string): readonly SpecifiedFile[] {
  const files: {
    path: string;
    package: string;
    services: SpecifiedService[];
    messages: Map<string, readonly SpecifiedField[]>;
  }[] = [];
  for (const line of text.trim().split("\n")) {
    const [kind, name = "", ...rest] = line.split(" ");
    const file = files.at(-1);
    if (kind === "file") {
      const [packageName = ""] = rest;
      files.push({
        path: name,
        package: packageName,
        services: [],
        messages: new Map(),
      });
    } else if (kind === "service") {
      const [method = "", request = "", response = "", ...events] = rest;
      file?.services.push({ name, method, request, response, events });
    } else if (kind === "message") {
      file?.messages.set(name, rest.map(parseField));
    }
  }
  return files;
}

function parseField(text: string): SpecifiedField {
  const [name = "", number, type = "", ...extras] = text.split(":");
  const extra = (key: string) =>
    extras.find((each) => each.startsWith(`${key}=`))?.slice(key.length + 1);
  return {
    name,
    number: Number(number),
    type,
    json: extra("json"),
    oneof: extra("oneof"),
    deprecated: extras.includes("deprecated"),
  };
}

/** The JSON name of a field that states none: protoc's rule. */
export function usualJsonName(name: string): string {
  return name.replace(/_+(.?)/g, (_, next: string) => next.toUpperCase());
}

const SCALARS = new Set([
  "string",
  "int32",
  "int64",
  "bool",
  "double",
  "float",
]);
const MAP = /^map<(\w+),([\w.]+)>$/;

function fileDescriptor(file: SpecifiedFile): FileDescriptorProto {
  const typeOf = (type: string) =>
    SCALARS.has(type) ? { type: `TYPE_${type.toUpperCase()}` } : {
      type: "TYPE_MESSAGE",
      typeName: type.includes(".") ? `.${type}` : `.${file.package}.${type}`,
    };
  const messageType = [...file.messages].map(([name, fields]) => {
    const oneofs = [...new Set(fields.flatMap(({ oneof }) => oneof ?? []))];
    const nestedType: JsonValue[] = [];
    const field = fields.map(({ name: own, number, type, json, oneof }) => {
      const map = MAP.exec(type);
      const isMany = map !== null || type.endsWith("[]");
      if (map !== null) {
        const part = (name: string, number: number, type = "") => (
          { name, number, label: "LABEL_OPTIONAL", ...typeOf(type) }
        );
        nestedType.push({
          name: entryName(own),
          field: [part("key", 1, map[1]), part("value", 2, map[2])],
          options: { mapEntry: true },
        });
      }
      return {
        name: own,
        number,
        label: isMany ? "LABEL_REPEATED" : "LABEL_OPTIONAL",
        jsonName: json ?? usualJsonName(own),
        ...(map === null
          ? typeOf(type.replace("[]", ""))
          : typeOf(`${file.package}.${name}.${entryName(own)}`)),
        ...(oneof !== undefined && { oneofIndex: oneofs.indexOf(oneof) }),
      };
    });
    const oneofDecl = oneofs.map((name) => ({ name }));
    return { name, field, nestedType, oneofDecl };
  });
  return fromJson(FileDescriptorProtoSchema, {
    name: file.path,
    package: file.package,
    syntax: "proto3",
    dependency: GOOGLE.map(({ proto }) => proto.name),
    messageType,
  });
}

/** What protoc calls the message of a map's entries. */
function entryName(field: string): string {
  const words = usualJsonName(field);
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}Entry`;
}

const GOOGLE = [
  file_google_protobuf_empty,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
];

const registry: Registry = createFileRegistry(
  create(FileDescriptorSetSchema, {
    file: [
      ...GOOGLE.map(({ proto }) => proto),
      ...SPECIFICATION.map(fileDescriptor),
    ],
  }),
);

/** A message of the specification, by its full name. */
export function specifiedMessage(name: string): DescMessage {
  const found = registry.getMessage(name);
  if (found === undefined) {
    throw new Error(`Message "${name}" is not specified`);
  }
  return found;
}

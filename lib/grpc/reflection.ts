/**
 * gRPC server reflection, v1 and v1alpha, by which AGS's connector finds the
 * methods.
 *
 * It lists exactly the served services: a connector that finds a service here
 * and is answered UNIMPLEMENTED stops calling it for good. @grpc/reflection
 * merges files by package, without their imports and with renamed fields, and
 * adds a hundred milliseconds to each start.
 *
 * @module
 */

import * as grpc from "@grpc/grpc-js";
import protobuf from "protobufjs";
import { encodeDescriptor } from "./descriptors.ts";
import { type ProtoFiles, readProtoFiles } from "../events/proto_files.ts";
import { methodsOf } from "./service_definition.ts";

/** The proto file of each version, below the proto folder. */
const VERSIONS = {
  "grpc.reflection.v1": "grpc/reflection/v1/reflection.proto",
  "grpc.reflection.v1alpha": "grpc/reflection/v1alpha/reflection.proto",
} as const;

interface Request {
  readonly host: string;
  readonly file_by_filename?: string;
  readonly file_containing_symbol?: string;
  readonly file_containing_extension?: { readonly containing_type: string };
  readonly all_extension_numbers_of_type?: string;
  readonly list_services?: string;
}

type Answer = Record<string, unknown>;

/** Options of {@linkcode addReflection}. */
export interface ReflectionOptions {
  /** Absolute path of the proto folder. */
  readonly protoFolder: string;
  /** The files of all served services. */
  readonly files: readonly ProtoFiles[];
  /** Full names of the served services, without reflection itself. */
  readonly services: readonly string[];
}

/** Serves reflection for `services`, and for itself. */
export function addReflection(
  server: grpc.Server,
  options: ReflectionOptions,
): void {
  const own = readProtoFiles(options.protoFolder, Object.values(VERSIONS));
  const packages = Object.keys(VERSIONS);
  const services = [
    ...options.services,
    ...packages.map((name) => `${name}.ServerReflection`),
  ].sort();
  const answer = answerer([...options.files, own], services);
  for (const name of packages) {
    const service = own.root.lookupService(`${name}.ServerReflection`);
    server.addService(methodsOf(service), {
      ServerReflectionInfo(call: grpc.ServerDuplexStream<Request, Answer>) {
        call.on("data", (request: Request) => {
          // A client that sends faster than it reads has to wait, so that
          // answers do not accumulate.
          if (call.write(answer(request))) return;
          call.pause();
          call.once("drain", () => call.resume());
        });
        call.on("end", () => call.end());
        // A client that disconnects needs no report.
        call.on("error", () => call.end());
      },
    });
  }
}

function answerer(
  sets: readonly ProtoFiles[],
  services: readonly string[],
): (request: Request) => Answer {
  const descriptors = new Map<string, Uint8Array>();

  function descriptor(set: ProtoFiles, name: string): Uint8Array {
    const known = descriptors.get(name);
    if (known !== undefined) return known;
    const file = set.files.get(name);
    if (file === undefined) throw new TypeError(`File ${name} was not read`);
    const encoded = encodeDescriptor(set, file);
    descriptors.set(name, encoded);
    return encoded;
  }

  /**
   * The file, followed by everything it imports, so that one answer can be
   * linked.
   */
  function withImports(set: ProtoFiles, name: string): Answer {
    const names = new Set([name]);
    for (const next of names) {
      for (const imported of set.files.get(next)?.imports ?? []) {
        names.add(imported);
      }
    }
    return {
      file_descriptor_response: {
        file_descriptor_proto: [...names].map((each) => descriptor(set, each)),
      },
    };
  }

  function byName(name: string): Answer {
    const set = sets.find(({ files }) => files.has(name));
    return set === undefined
      ? notFound(`File "${name}" is not served`)
      : withImports(set, name);
  }

  function bySymbol(symbol: string): Answer {
    for (const set of sets) {
      const name = fileOf(set, symbol);
      if (name !== undefined) return withImports(set, name);
    }
    return notFound(`Symbol "${symbol}" is not served`);
  }

  function respond(request: Request): Answer {
    if (request.list_services !== undefined) {
      const service = services.map((name) => ({ name }));
      return { list_services_response: { service } };
    }
    if (request.file_containing_symbol !== undefined) {
      return bySymbol(request.file_containing_symbol);
    }
    if (request.file_by_filename !== undefined) {
      return byName(request.file_by_filename);
    }
    if (request.all_extension_numbers_of_type !== undefined) {
      const base_type_name = request.all_extension_numbers_of_type;
      return { all_extension_numbers_response: { base_type_name } };
    }
    if (request.file_containing_extension !== undefined) {
      return notFound("No extension is served: proto3 has none");
    }
    return failure(grpc.status.INVALID_ARGUMENT, "Request asks for nothing");
  }

  return (request) => ({
    valid_host: request.host,
    original_request: request,
    ...respond(request),
  });
}

/**
 * The file that declares a service, method, message, field, enum or enum value,
 * by its exact full name.
 */
function fileOf({ root }: ProtoFiles, symbol: string): string | undefined {
  let object: protobuf.ReflectionObject = root;
  let file: string | undefined;
  for (const part of symbol.split(".")) {
    const next = memberOf(object, part);
    if (next === undefined) return undefined;
    // Fields, methods and values are in the file of their type.
    file = next.filename ?? file;
    object = next;
  }
  return file;
}

function memberOf(
  parent: protobuf.ReflectionObject,
  name: string,
): protobuf.ReflectionObject | undefined {
  if (!(parent instanceof protobuf.Namespace)) return undefined;
  // As in C++, enum values belong to the scope around the enum.
  return parent.get(name) ??
    parent.nestedArray.find((sibling) =>
      sibling instanceof protobuf.Enum && Object.hasOwn(sibling.values, name)
    );
}

function notFound(text: string): Answer {
  return failure(grpc.status.NOT_FOUND, text);
}

function failure(error_code: number, error_message: string): Answer {
  return { error_response: { error_code, error_message } };
}

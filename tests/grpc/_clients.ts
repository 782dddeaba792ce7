/**
 * Clients of gRPC's own services, health and reflection.
 *
 * @module
 */

import * as grpc from "@grpc/grpc-js";
import { readProtoFiles } from "../../lib/events/proto_files.ts";
import { methodsOf } from "../../lib/grpc/service_definition.ts";
import { PROTO_FOLDER } from "./_fixture.ts";
import { collect, type Stream } from "./_grpc.ts";
import { PATIENCE } from "../_support/patience.ts";

function methodOf(
  file: string,
  service: string,
  name: string,
): grpc.MethodDefinition<object, object> {
  const { root } = readProtoFiles(PROTO_FOLDER, [file]);
  const method = methodsOf(root.lookupService(service))[name];
  if (method === undefined) throw new Error(`No method ${service}/${name}`);
  return method;
}

const HEALTH = [
  "grpc/health/v1/health.proto",
  "grpc.health.v1.Health",
] as const;
const Check = methodOf(...HEALTH, "Check");
const Watch = methodOf(...HEALTH, "Watch");

/** What health says of a service, or the name of the status it refuses with. */
export function checkHealth(
  client: grpc.Client,
  service?: string,
): Promise<string> {
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      Check.path,
      Check.requestSerialize,
      Check.responseDeserialize,
      service === undefined ? {} : { service },
      { deadline: Date.now() + PATIENCE },
      (error, answer) =>
        resolve(
          error
            ? grpc.status[error.code] ?? "UNKNOWN"
            : (answer as HealthStatus).status,
        ),
    );
  });
}

/** An answer of the health service. */
export interface HealthStatus {
  /** `SERVING`, `NOT_SERVING`, `SERVICE_UNKNOWN`. */
  readonly status: string;
}

/** Watches what health says of a service. */
export function watchHealth(
  client: grpc.Client,
  service?: string,
): Stream<HealthStatus> {
  return collect(
    client.makeServerStreamRequest(
      Watch.path,
      Watch.requestSerialize,
      Watch.responseDeserialize as (bytes: Uint8Array) => HealthStatus,
      service === undefined ? {} : { service },
      { deadline: Date.now() + PATIENCE },
    ),
  );
}

/** The versions of the reflection service. */
export const REFLECTION_VERSIONS = ["v1", "v1alpha"] as const;

/** An answer of either version: their messages are the same. */
export interface ReflectionAnswer {
  /** The request's. */
  readonly valid_host?: string;
  /** The request. */
  readonly original_request?: Readonly<Record<string, unknown>>;
  /** The services. */
  readonly list_services_response?: {
    readonly service: readonly { readonly name: string }[];
  };
  /** The files. */
  readonly file_descriptor_response?: {
    readonly file_descriptor_proto: readonly Uint8Array[];
  };
  /** The extensions. */
  readonly all_extension_numbers_response?: Readonly<Record<string, unknown>>;
  /** What was wrong. */
  readonly error_response?: {
    readonly error_code: number;
    readonly error_message: string;
  };
}

/** Questions and answers. */
export interface Conversation extends Stream<ReflectionAnswer> {
  /** Asks, and waits for the answer. */
  ask(request: Readonly<Record<string, unknown>>): Promise<ReflectionAnswer>;
  /** Asks, and does not wait. */
  write(request: Readonly<Record<string, unknown>>): void;
  /** Says that there are no more questions. */
  end(): void;
}

/** Talks to a version of the reflection service. */
export function reflect(
  client: grpc.Client,
  version: typeof REFLECTION_VERSIONS[number],
): Conversation {
  const method = methodOf(
    `grpc/reflection/${version}/reflection.proto`,
    `grpc.reflection.${version}.ServerReflection`,
    "ServerReflectionInfo",
  );
  const call = client.makeBidiStreamRequest<object, ReflectionAnswer>(
    method.path,
    method.requestSerialize,
    method.responseDeserialize as (bytes: Uint8Array) => ReflectionAnswer,
    { deadline: Date.now() + PATIENCE },
  );
  const stream = collect<ReflectionAnswer>(call);
  return {
    ...stream,
    write: (request) => void call.write(request),
    end: () => call.end(),
    ask(request) {
      call.write(request);
      return stream.next();
    },
  };
}

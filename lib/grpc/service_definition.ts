/**
 * Converts services from proto files to grpc-js service definitions.
 *
 * @module
 */

import type * as grpc from "@grpc/grpc-js";
import protobuf from "protobufjs";
import { bufferOf } from "../events/buffer.ts";

/**
 * The definition of a service whose messages are protobufjs messages with the
 * fields' own names: for gRPC's own services, health and reflection.
 *
 * @param service A service with resolved types.
 */
export function methodsOf(
  service: protobuf.Service,
): Record<string, grpc.MethodDefinition<object, object>> {
  const name = service.fullName.slice(1);
  return Object.fromEntries(service.methodsArray.map((method) => {
    const { resolvedRequestType: request, resolvedResponseType: response } =
      method;
    if (request === null || response === null) {
      throw new TypeError(`Method ${name}/${method.name} is not resolved`);
    }
    const serialize = (type: protobuf.Type) => (message: object) =>
      bufferOf(type.encode(type.fromObject(message)).finish());
    const deserialize = (type: protobuf.Type) => (bytes: Uint8Array) =>
      type.toObject(type.decode(bytes), { enums: String, longs: String });
    return [method.name, {
      path: `/${name}/${method.name}`,
      requestStream: method.requestStream === true,
      responseStream: method.responseStream === true,
      requestSerialize: serialize(request),
      requestDeserialize: deserialize(request),
      responseSerialize: serialize(response),
      responseDeserialize: deserialize(response),
    }];
  }));
}

/**
 * The standard `grpc.health.v1.Health` service.
 *
 * @module
 */

import * as grpc from "@grpc/grpc-js";
import { type ProtoFiles, readProtoFiles } from "../events/proto_files.ts";
import { methodsOf } from "./service_definition.ts";

/** Whether a service accepts calls. */
export type ServingStatus = "SERVING" | "NOT_SERVING";

/** The health of a server. */
export interface Health {
  /** Full name of the health service. */
  readonly service: string;
  /** The files that declare it. */
  readonly files: ProtoFiles;
  /** Sets the status of the server and of each of its services. */
  set(status: ServingStatus): void;
  /**
   * Ends every watch, because a draining server would wait for them for ever.
   */
  endWatches(): void;
}

/** Options of {@linkcode addHealth}. */
export interface HealthOptions {
  /** Absolute path of the proto folder. */
  readonly protoFolder: string;
  /** Full names of the services with a health status. */
  readonly services: readonly string[];
}

interface Request {
  /** Absent for the whole server. */
  readonly service?: string;
}

interface Answer {
  readonly status: ServingStatus | "SERVICE_UNKNOWN";
}

/** The proto file of the health service, below the proto folder. */
export const HEALTH_FILE = "grpc/health/v1/health.proto";
/** Full name of the health service. */
export const HEALTH_SERVICE = "grpc.health.v1.Health";

/** The most open watches: each holds memory for as long as it likes. */
const MAX_WATCHES = 1_000;

/** Serves health; NOT_SERVING until set. */
export function addHealth(server: grpc.Server, options: HealthOptions): Health {
  const files = readProtoFiles(options.protoFolder, [HEALTH_FILE]);
  const known = new Set(["", HEALTH_SERVICE, ...options.services]);
  const watches = new Map<grpc.ServerWritableStream<Request, Answer>, string>();
  let status: ServingStatus = "NOT_SERVING";

  function statusOf(service: string): Answer["status"] {
    return known.has(service) ? status : "SERVICE_UNKNOWN";
  }

  server.addService(methodsOf(files.root.lookupService(HEALTH_SERVICE)), {
    Check(
      call: grpc.ServerUnaryCall<Request, Answer>,
      answer: grpc.sendUnaryData<Answer>,
    ) {
      const { service = "" } = call.request;
      if (known.has(service)) return answer(null, { status });
      answer({ code: grpc.status.NOT_FOUND, details: "Service is not known" });
    },
    Watch(call: grpc.ServerWritableStream<Request, Answer>) {
      if (watches.size >= MAX_WATCHES) {
        call.emit("error", {
          code: grpc.status.RESOURCE_EXHAUSTED,
          details: "Too many watches are open",
        });
        return;
      }
      const { service = "" } = call.request;
      watches.set(call, service);
      const forget = () => watches.delete(call);
      call.on("cancelled", forget);
      call.on("close", forget);
      call.on("error", forget);
      call.write({ status: statusOf(service) });
    },
  });

  return {
    service: HEALTH_SERVICE,
    files,
    set(next) {
      if (next === status) return;
      status = next;
      for (const [call, service] of watches) {
        call.write({ status: statusOf(service) });
      }
    },
    endWatches() {
      for (const call of watches.keys()) call.end();
      watches.clear();
    },
  };
}

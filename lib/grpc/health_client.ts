/**
 * Checks whether a gRPC server on this machine is serving.
 *
 * It makes one call over plain HTTP/2: a grpc-js channel would keep trying to
 * connect in the background if nothing listens.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import http2 from "node:http2";
import * as grpc from "@grpc/grpc-js";
import { HEALTH_FILE, HEALTH_SERVICE } from "./health.ts";
import { readProtoFiles } from "../events/proto_files.ts";
import { methodsOf } from "./service_definition.ts";
import { guardSessions } from "./session_guard.ts";

/** Options of {@linkcode checkHealth}. */
export interface CheckHealthOptions {
  /** Absolute path of the proto folder. */
  readonly protoFolder: string;
  /** Time limit for the answer, in milliseconds. */
  readonly timeout: number;
}

/** The prefix of a message: a compression flag and four bytes of length. */
const PREFIX_LENGTH = 5;

/** Largest answer that is read, in bytes: a status takes 7. */
const MAX_ANSWER = 1_024;

/**
 * Asks a server for its overall status.
 *
 * @param port The server's port.
 * @returns `SERVING`, `NOT_SERVING`, or the name of the gRPC status of the
 * refusal; `UNAVAILABLE` if nothing listens, or nothing that speaks gRPC.
 */
export async function checkHealth(
  port: number,
  options: CheckHealthOptions,
): Promise<string> {
  guardSessions();
  const { root } = readProtoFiles(options.protoFolder, [HEALTH_FILE]);
  const { Check: check } = methodsOf(root.lookupService(HEALTH_SERVICE));
  if (check === undefined) throw new TypeError("Health service has no Check");
  const session = http2.connect(`http://127.0.0.1:${port}`);
  try {
    const { code, body } = await call(session, check.path, options.timeout);
    if (code !== grpc.status.OK) return grpc.status[code] ?? "UNKNOWN";
    const answer = check.responseDeserialize(body.subarray(PREFIX_LENGTH));
    return "status" in answer ? String(answer.status) : "UNKNOWN";
  } catch {
    return "UNAVAILABLE";
  } finally {
    session.destroy();
  }
}

interface Answer {
  readonly code: number;
  readonly body: Buffer;
}

function call(
  session: http2.ClientHttp2Session,
  path: string,
  timeout: number,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const chunks: Buffer[] = [];
  let size = 0;
  let code: number | undefined;
  const read = (headers: http2.IncomingHttpHeaders) => {
    if (headers["grpc-status"] !== undefined) {
      code = Number(headers["grpc-status"]);
    }
  };
  const fail = () => reject(new Error("Server did not answer"));
  const timer = setTimeout(fail, timeout);
  session.on("error", fail);
  session.on("close", fail);
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
  });
  stream.on("response", read);
  stream.on("trailers", read);
  stream.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > MAX_ANSWER) fail();
    else chunks.push(chunk);
  });
  stream.on("error", fail);
  stream.on("end", () => {
    if (code === undefined) fail();
    else resolve({ code, body: Buffer.concat(chunks) });
  });
  // An empty request means the whole server.
  stream.end(Buffer.alloc(PREFIX_LENGTH));
  return promise.finally(() => clearTimeout(timer));
}

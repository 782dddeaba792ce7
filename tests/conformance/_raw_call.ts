/**
 * Calls whose message is whatever bytes the test wants to send.
 *
 * @module
 */

import { status } from "@grpc/grpc-js";
import http2 from "node:http2";

/** A call. */
export interface RawCall {
  /** Its method. */
  readonly path: string;
  /** What follows the headers. */
  readonly body: Uint8Array;
  /** Headers beside those that every gRPC call has. @default {none} */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The gRPC status that a body is answered, or the HTTP status if there is none. */
export async function statusOf(
  port: number,
  { path, body, headers = {} }: RawCall,
): Promise<string> {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  session.on("error", reject);
  const request = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  request.on("error", reject);
  const look = (found: http2.IncomingHttpHeaders) => {
    const code = Number(found["grpc-status"] ?? NaN);
    if (code in status) resolve(status[code]!);
  };
  request.on("trailers", look);
  request.on("response", (found) => {
    look(found);
    if (found[":status"] !== 200) resolve(`HTTP ${found[":status"]}`);
  });
  request.on("close", () => resolve("no status"));
  request.resume();
  request.end(body);
  try {
    return await promise;
  } finally {
    const closed = new Promise<void>((resolve) =>
      session.once("close", resolve)
    );
    session.close();
    await closed;
  }
}

/**
 * Makes one gRPC call and waits for the end of the connection: a process to be
 * killed in the middle of it.
 *
 * Arguments: the port, the method's path, a file with the request's body.
 *
 * @module
 */

import { connectHttp2 } from "../_http2.ts";

const [port, path = "", file = ""] = Deno.args;
const connection = await connectHttp2(Number(port));
await connection.call(path, await Deno.readFile(file));
await connection.closed;

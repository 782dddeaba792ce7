/**
 * A gRPC server of one event, and calls to it piece by piece.
 *
 * @module
 */

import http2 from "node:http2";
import type { DispatchOptions, EventTarget } from "../../lib/core/app.ts";
import { UnreadableError } from "../../lib/core/errors.ts";
import type { Event } from "../../lib/core/event.ts";
import { HANDLED, type Result, resultOf } from "../../lib/core/outcome.ts";
import { readCatalog } from "../../lib/events/catalog.ts";
import {
  type GrpcServer,
  type GrpcServerOptions,
  startGrpcServer,
} from "../../lib/grpc/server.ts";
import { PROTO_FOLDER } from "./_fixture.ts";

const TYPE = "userAuthentication.userLoggedIn";

/** The event's method. */
export const PATH =
  "/accelbyte.iam.account.v1.UserAuthenticationUserLoggedInService/OnMessage";

/** In bytes. */
export const MEGABYTE = 1_048_576;

/** What the app is given. */
export interface Dispatched {
  readonly event: Event;
  readonly options: DispatchOptions;
}

/**
 * Starts the server.
 *
 * @param dispatch Handles an event, of these bytes.
 * @param onDispatch Told of all that the app is given.
 */
export function start(
  options: Partial<GrpcServerOptions> = {},
  dispatch: (bytes: Uint8Array) => Promise<Result> = () =>
    Promise.resolve(HANDLED),
  onDispatch?: (dispatched: Dispatched) => void,
): Promise<GrpcServer> {
  const app: EventTarget = {
    types: [TYPE],
    dispatch: (event, options) => {
      const { bytes = new Uint8Array(), malformed, controller } = options;
      onDispatch?.({ event, options });
      return malformed instanceof UnreadableError
        ? Promise.resolve(resultOf(malformed, controller.signal))
        : dispatch(bytes);
    },
  };
  const catalog = readCatalog(PROTO_FOLDER);
  return startGrpcServer({ app, catalog, port: 0, ...options });
}

/** A call that is under way. */
export interface Call {
  /** Sends bytes; resolves when they have been handed to the server. */
  write(bytes: Uint8Array): Promise<void>;
  /** Says that this was all. */
  end(): void;
  /** Says that its answer is not wanted any more. */
  cancel(): void;
  /** Resolves when it is answered, though the caller may not have sent all. */
  readonly answered: Promise<void>;
  /** The gRPC status, or the code of the reset, once it is over. */
  readonly over: Promise<string | number>;
}

/** A connection; disposing closes it. */
export interface Connection extends AsyncDisposable {
  /** Starts a call. */
  open(options?: OpenOptions): Call;
}

/** Options of {@linkcode Connection.open}. */
export interface OpenOptions {
  /** Its method. @default {the event's} */
  readonly path?: string;
  /** Headers beside those that every gRPC call has. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Connects. */
export function connection(port: number): Connection {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  const open = ({ path = PATH, headers = {} }: OpenOptions = {}): Call => {
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });
    let status: unknown;
    const answered = Promise.withResolvers<void>();
    const look = (found: http2.IncomingHttpHeaders) => {
      status ??= found["grpc-status"];
      if (status !== undefined) answered.resolve();
    };
    stream.on("response", look).on("trailers", look).on("error", () => {});
    stream.resume();
    return {
      write: (bytes) =>
        new Promise((resolve) => stream.write(bytes, () => resolve())),
      end: () => stream.end(),
      cancel: () => stream.close(http2.constants.NGHTTP2_CANCEL),
      answered: answered.promise,
      over: new Promise((resolve) => {
        stream.on("close", () => {
          const { rstCode = 0 } = stream;
          resolve(status === undefined ? rstCode : `status ${status}`);
        });
      }),
    };
  };
  return {
    open,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => session.once("close", resolve));
      session.destroy();
      await closed;
    },
  };
}

/** The first bytes of a message of this length, its five bytes of header included. */
export function beginning(length: number, sent: number): Uint8Array {
  const bytes = new Uint8Array(sent);
  new DataView(bytes.buffer).setUint32(1, length);
  return bytes;
}

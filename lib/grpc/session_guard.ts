/**
 * Keeps a peer that ends its connection from ending the process, or from having it stand
 * still.
 *
 * Deno's `node:http2` up to at least 2.9.6 destroys a session inside nghttp2's own
 * callback when a GOAWAY arrives, which frees memory that nghttp2 still uses: the
 * process aborts (denoland/deno#36788). Destroying one turn of the event loop later
 * avoids it.
 *
 * And a client of grpc-js up to at least 1.14.7 does not hear that its server sent GOAWAY
 * right after its settings: it takes the connection for ready, and tries a call on it
 * again and again without ever leaving the turn, so that no timer, no event and no signal
 * comes through. Hearing of it one turn later avoids that.
 *
 * To be looked at again with each new Deno and grpc-js: the tests named "session guard"
 * fail without it for as long as it is needed.
 *
 * @module
 */

import http2 from "node:http2";
import { setImmediate } from "node:timers";

let isInstalled = false;

/**
 * Makes every HTTP/2 session of this process, server's and client's, be destroyed a
 * turn later than asked, once, and every client's hear of GOAWAY a turn later. To be called before grpc-js opens a port or a
 * connection; calling it again does nothing.
 *
 * Only `destroy` is deferred: a late `close` would lose the callback that a draining
 * server waits for.
 */
export function guardSessions(): void {
  if (isInstalled) return;
  isInstalled = true;
  const { createServer, createSecureServer, connect } = http2;
  http2.createServer =
    ((...args: Parameters<typeof createServer>) =>
      createServer(...args).on("session", guard)) as typeof createServer;
  http2.createSecureServer =
    ((...args: Parameters<typeof createSecureServer>) =>
      createSecureServer(...args).on(
        "session",
        guard,
      )) as typeof createSecureServer;
  http2.connect = ((...args: Parameters<typeof connect>) => {
    const session = connect(...args);
    deferDestroy(session);
    deferGoaway(session);
    return session;
  }) as typeof connect;
}

/** Connections that clients have made to this process, and to which port. */
const accepted = new Map<http2.Http2Session, number | undefined>();

/** Who wants to know of the calls on a port of this process. */
const listeners = new Map<number, StreamListener>();

function guard(session: http2.Http2Session): void {
  deferDestroy(session);
  const port = session.socket?.localPort;
  accepted.set(session, port);
  session.on("close", () => accepted.delete(session));
  const onStream = port === undefined ? undefined : listeners.get(port);
  if (onStream !== undefined) session.prependListener("stream", onStream);
}

/** Called with each call whose headers have arrived. */
export type StreamListener = (
  stream: http2.ServerHttp2Stream,
  headers: http2.IncomingHttpHeaders,
) => void;

/**
 * Has a listener be told of each call on the connections that clients will make to a
 * port of this process, before grpc-js is, which shows calls only when they are whole.
 *
 * @returns Takes it back.
 */
export function onStreams(
  port: number,
  listener: StreamListener,
): Disposable {
  listeners.set(port, listener);
  return { [Symbol.dispose]: () => listeners.delete(port) };
}

/** Ends the connections that clients have made to a port of this process. */
export function endSessions(port: number): void {
  for (const [session, localPort] of accepted) {
    if (localPort === port) session.destroy();
  }
}

function deferDestroy(session: http2.Http2Session): void {
  const destroy = session.destroy.bind(session);
  let isAsked = false;
  session.destroy = (...args: Parameters<typeof destroy>) => {
    if (isAsked) return;
    isAsked = true;
    // Not every session that is destroyed says that it is closed.
    accepted.delete(session);
    setImmediate(() => destroy(...args));
  };
}

/** By then, whoever asked for the connection has it, and listens. */
function deferGoaway(session: http2.ClientHttp2Session): void {
  const emit = session.emit.bind(session) as (...args: unknown[]) => boolean;
  session.emit = ((name: string, ...args: readonly unknown[]) => {
    if (name !== "goaway") return emit(name, ...args);
    setImmediate(() => emit(name, ...args));
    return true;
  }) as typeof session.emit;
}

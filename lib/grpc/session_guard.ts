/**
 * Prevents a peer from crashing or freezing the process by ending its
 * connection.
 *
 * When a GOAWAY arrives, Deno's `node:http2`, up to at least 2.9.6, destroys
 * the session inside nghttp2's own callback. That frees memory that nghttp2
 * still uses, and the process aborts (denoland/deno#36788). Destroying the
 * session one turn of the event loop later avoids it.
 *
 * A grpc-js client, up to at least 1.14.7, misses a GOAWAY that its server
 * sends right after its settings: it considers the connection ready, and
 * retries a call on it in a loop without ever yielding, so that no timer, event
 * or signal is processed. Delivering the GOAWAY one turn later avoids that.
 *
 * Check this again with each new Deno and grpc-js: as long as it is needed, the
 * tests named "session guard" fail without it.
 *
 * @module
 */

import http2 from "node:http2";
import { setImmediate } from "node:timers";

let isInstalled = false;

/**
 * Defers the destruction of every HTTP/2 session of this process, server or
 * client, by one turn, and likewise every client's GOAWAY. Call it before
 * grpc-js opens a port or a connection; further calls have no effect.
 *
 * Only `destroy` is deferred: a deferred `close` would lose the callback that a
 * draining server waits for.
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

/** Accepted connections, with the local port of each. */
const accepted = new Map<http2.Http2Session, number | undefined>();

/** Listeners for the calls on a port of this process. */
const listeners = new Map<number, StreamListener>();

function guard(session: http2.Http2Session): void {
  deferDestroy(session);
  const port = session.socket?.localPort;
  accepted.set(session, port);
  session.on("close", () => accepted.delete(session));
  const onStream = port === undefined ? undefined : listeners.get(port);
  if (onStream !== undefined) session.prependListener("stream", onStream);
}

/** Called for each call whose headers have arrived. */
export type StreamListener = (
  stream: http2.ServerHttp2Stream,
  headers: http2.IncomingHttpHeaders,
) => void;

/**
 * Calls a listener for each call on a port's connections before grpc-js sees
 * it, because grpc-js reports only complete calls.
 *
 * @returns Removes the listener.
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
    // Not every destroyed session emits "close".
    accepted.delete(session);
    setImmediate(() => destroy(...args));
  };
}

/** One turn later, the caller has the session and listens. */
function deferGoaway(session: http2.ClientHttp2Session): void {
  const emit = session.emit.bind(session) as (...args: unknown[]) => boolean;
  session.emit = ((name: string, ...args: readonly unknown[]) => {
    if (name !== "goaway") return emit(name, ...args);
    setImmediate(() => emit(name, ...args));
    return true;
  }) as typeof session.emit;
}

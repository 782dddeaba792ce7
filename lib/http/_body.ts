/**
 * Reads the body of a request, which may be of any size and never end.
 *
 * @module
 */

import type { IncomingMessage } from "node:http";
import { HttpProblem } from "../core/http.ts";

/** What bodies take at once, of all requests. */
export interface Holding {
  /**
   * Takes so many more bytes, until the request is answered.
   *
   * @throws {HttpProblem} 503: there are not as many.
   */
  take(bytes: number): void;
}

/** Options of {@linkcode readBody}. */
export interface ReadBodyOptions {
  /** Most bytes. */
  readonly maxBytes: number;
  /** How long it may take, in milliseconds. */
  readonly timeout: number;
  /** What it is counted in. */
  readonly holding: Holding;
}

/** What most bodies fit in. */
const LIKELY = 4_096;

/**
 * Reads a body. It is copied as it comes: a piece that the runtime hands out may hold a
 * buffer that is far larger than itself.
 *
 * @throws {HttpProblem} 413, 408 or 503; 400 when the peer breaks off.
 */
export function readBody(
  request: IncomingMessage,
  { maxBytes, timeout, holding }: ReadBodyOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const said = Number(request.headers["content-length"] ?? NaN);
  if (said > maxBytes) return Promise.reject(tooLarge(maxBytes));
  const most = Number.isNaN(said) ? maxBytes : said;
  return new Promise((resolve, reject) => {
    let buffer = new Uint8Array(Math.min(most, LIKELY));
    let size = 0;
    const timer = setTimeout(
      () => end(new HttpProblem(408, `Body has not come in ${timeout} ms`)),
      timeout,
    );

    function onData(piece: Uint8Array): void {
      try {
        grow(size + piece.length);
      } catch (error) {
        return end(error);
      }
      buffer.set(piece, size);
      size += piece.length;
    }

    function grow(wanted: number): void {
      if (wanted > maxBytes) throw tooLarge(maxBytes);
      if (wanted <= buffer.length) return;
      const length = Math.min(maxBytes, Math.max(wanted, 2 * buffer.length));
      holding.take(length - buffer.length);
      const larger = new Uint8Array(length);
      larger.set(buffer);
      buffer = larger;
    }

    function onBroken(cause?: unknown): void {
      end(new HttpProblem(400, "Body has not come whole", { cause }));
    }

    function onEnd(): void {
      stop();
      resolve(buffer.subarray(0, size));
    }

    function end(error: unknown): void {
      stop();
      request.pause();
      reject(error);
    }

    function stop(): void {
      clearTimeout(timer);
      request.off("data", onData);
      request.off("end", onEnd);
      request.off("error", onBroken);
      request.off("close", onBroken);
    }

    try {
      holding.take(buffer.length);
    } catch (error) {
      return end(error);
    }
    if (request.destroyed) return onBroken();
    request.on("data", onData);
    request.on("end", onEnd);
    request.on("error", onBroken);
    request.on("close", onBroken);
  });
}

function tooLarge(maxBytes: number): HttpProblem {
  return new HttpProblem(
    413,
    `Body is larger than allowed: expected at most ${maxBytes} bytes`,
  );
}

/**
 * Reads the body of a request, which may be of any size and never end.
 *
 * @module
 */

import type { IncomingMessage } from "node:http";
import { HttpProblem } from "../core/http.ts";

/** The memory budget for the bodies of all requests. */
export interface Holding {
  /**
   * Reserves more bytes, until the request is answered.
   *
   * @throws {HttpProblem} 503: not enough are left.
   */
  take(bytes: number): void;
}

/** Options of {@linkcode readBody}. */
export interface ReadBodyOptions {
  /** The size limit. */
  readonly maxBytes: number;
  /** The time limit, in milliseconds. */
  readonly timeout: number;
  /** The memory budget. */
  readonly holding: Holding;
}

/** A size that fits most bodies. */
const LIKELY = 4_096;

/**
 * Reads a body. Chunks are copied as they arrive, because one may be a view of
 * a far larger buffer.
 *
 * @throws {HttpProblem} 413, 408 or 503; 400 if the peer disconnects.
 */
export function readBody(
  request: IncomingMessage,
  { maxBytes, timeout, holding }: ReadBodyOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const said = Number(request.headers["content-length"] ?? NaN);
  if (said > maxBytes) return Promise.reject(tooLarge(maxBytes));
  const most = Number.isNaN(said) ? maxBytes : said;
  if (request.complete && !request.destroyed) {
    const whole = takeAll(request, { most, holding });
    if (whole !== undefined) return whole;
  }
  return new Promise((resolve, reject) => {
    let buffer = new Uint8Array(Math.min(most, LIKELY));
    let size = 0;
    const timer = setTimeout(
      () =>
        end(new HttpProblem(408, `Body did not arrive within ${timeout} ms`)),
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
      end(new HttpProblem(400, "Body is incomplete", { cause }));
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

/** A body that has come already, in one piece; `undefined`: it is to be waited for. */
function takeAll(
  request: IncomingMessage,
  { most, holding }: { readonly most: number; readonly holding: Holding },
): Promise<Uint8Array<ArrayBuffer>> | undefined {
  if (request.readableLength > most || request.readableLength === 0) {
    return undefined;
  }
  const piece: Uint8Array | null = request.read();
  if (piece === null) return undefined;
  return Promise.try(() => {
    holding.take(piece.length);
    return new Uint8Array(piece);
  });
}

function tooLarge(maxBytes: number): HttpProblem {
  return new HttpProblem(
    413,
    `Body is larger than allowed: expected at most ${maxBytes} bytes`,
  );
}

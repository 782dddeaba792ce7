/**
 * Load of events that differ: `h2load` sends the same headers each time, and an event
 * that is the same as one before is answered without its handler.
 *
 * @module
 */

import { BenchError } from "../errors.ts";
import { percentile } from "../figures.ts";

/** What to send, and how much. */
export interface LoadOptions {
  /** The port, on this machine. */
  readonly port: number;
  /** Makes a request of a number, as HTTP/1.1 has it. */
  readonly request: (index: number) => string;
  /** The number of the first one. */
  readonly first: number;
  /** How many. */
  readonly requests: number;
  /** Connections at once. */
  readonly connections: number;
}

/** How a load was answered. */
export interface LoadFigures {
  /** Answers a second. */
  readonly rate: number;
  /** Time that 99 of 100 answers took at most, in milliseconds. */
  readonly p99: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");

/**
 * Sends a load.
 *
 * @throws {BenchError} A request was not answered 200 or 204.
 */
export async function load(options: LoadOptions): Promise<LoadFigures> {
  const { port, first, requests, connections } = options;
  const times = new Float64Array(requests);
  let next = 0;

  async function connection(): Promise<void> {
    using socket = await Deno.connect({ hostname: "127.0.0.1", port });
    socket.setNoDelay(true);
    const buffer = new Uint8Array(16_384);
    while (next < requests) {
      const index = next++;
      const start = performance.now();
      const bytes = encoder.encode(options.request(first + index));
      for (let rest = bytes; rest.length > 0;) {
        rest = rest.subarray(await socket.write(rest));
      }
      let text = "";
      while (!isWhole(text)) {
        const size = await socket.read(buffer);
        if (size === null) throw new BenchError("A connection was closed");
        text += decoder.decode(buffer.subarray(0, size));
      }
      if (!/^HTTP\/1\.1 20[04] /.test(text)) {
        throw new BenchError(`A request was answered "${text.split("\r")[0]}"`);
      }
      times[index] = performance.now() - start;
    }
  }

  const start = performance.now();
  await Promise.all(Array.from({ length: connections }, connection));
  const seconds = (performance.now() - start) / 1_000;
  return { rate: requests / seconds, p99: percentile(times.sort(), 99) };
}

/** Whether an answer has come to its end. */
function isWhole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const head = text.slice(0, end);
  const body = text.length - end - 4;
  if (/^HTTP\/1\.1 204/.test(head)) return true;
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  return length === undefined
    ? text.endsWith("0\r\n\r\n")
    : body >= Number(length);
}

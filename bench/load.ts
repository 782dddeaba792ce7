/**
 * Load, made by h2load: it asks far more of a server than a JavaScript client can.
 *
 * @module
 */

import { join } from "node:path";
import { BenchError } from "./errors.ts";
import { percentile } from "./figures.ts";

/** Connections at once. */
const CONNECTIONS = 4;
/** Calls under way at once on each connection, as many as there are. */
const STREAMS = 32;
/** The same at a given rate: enough for what a short standstill holds up. */
const STREAMS_AT_RATE = 64;
/** Calls under way at once, at most. */
export const MAX_CALLS: number = CONNECTIONS * STREAMS_AT_RATE;

/** What to send, and how much. */
export interface LoadOptions {
  /** The method's URL. */
  readonly url: string;
  /** How many events. */
  readonly requests: number;
  /** Events a second, evenly. @default {as many as are answered} */
  readonly rate?: number;
  /** The folder with `body.bin`, where the log goes, too. */
  readonly folder: string;
  /** Ends the load. */
  readonly signal: AbortSignal;
}

/** What is not counted of a load at a given rate: connecting, in seconds. */
const SETTLE_TIME = 0.5;

/** How one load was answered. */
export interface LoadFigures {
  /** Events a second. */
  readonly rate: number;
  /** Time that half of the answers took at most, in milliseconds. */
  readonly p50: number;
  /** Time that 99 of 100 answers took at most, in milliseconds. */
  readonly p99: number;
}

/** Slowest server that is waited for, in events a second. */
const SLOWEST = 100;

const HOW_TO_INSTALL = "h2load is not installed: expected the program of " +
  "nghttp2 (Debian: nghttp2-client, macOS: nghttp2)";

/**
 * Makes sure that there is an h2load.
 *
 * @throws {BenchError} There is none.
 */
export async function assertLoadTool(): Promise<void> {
  await runTool(["--version"], { seconds: 5 });
}

/** Writes `body.bin`, which every request carries: the message as gRPC frames it. */
export async function writeBody(
  folder: string,
  message: Uint8Array,
): Promise<void> {
  // A flag (0: not compressed), the length, the message.
  const framed = new Uint8Array(5 + message.length);
  new DataView(framed.buffer).setUint32(1, message.length);
  framed.set(message, 5);
  await Deno.writeFile(join(folder, "body.bin"), framed);
}

/**
 * Sends one load.
 *
 * @throws {BenchError} Not every request was answered with 200.
 */
export async function load(options: LoadOptions): Promise<LoadFigures> {
  const { url, requests, rate, folder, signal } = options;
  const log = join(folder, "log.tsv");
  await runTool([
    ...["-n", `${requests}`, "-c", `${CONNECTIONS}`, "-t", "1"],
    ...["-d", join(folder, "body.bin"), `--log-file=${log}`],
    ...["-H", "content-type: application/grpc", "-H", "te: trailers"],
    ...(rate === undefined
      ? [`-m${STREAMS}`]
      : [`-m${STREAMS_AT_RATE}`, `--rps=${rate / CONNECTIONS}`]),
    url,
  ], { seconds: 10 + requests / SLOWEST, signal });
  const figures = parseLog(await Deno.readTextFile(log), {
    requests,
    skip: rate === undefined ? 0 : SETTLE_TIME,
  });
  await Deno.remove(log);
  return figures;
}

interface ToolOptions {
  /** How long it may take. */
  readonly seconds: number;
  readonly signal?: AbortSignal;
}

async function runTool(
  args: string[],
  { seconds, signal }: ToolOptions,
): Promise<void> {
  const timeout = AbortSignal.timeout(seconds * 1_000);
  const { code, stderr } = await spawn(
    args,
    AbortSignal.any(signal === undefined ? [timeout] : [timeout, signal]),
  );
  signal?.throwIfAborted();
  if (timeout.aborted) {
    throw new BenchError(`h2load takes longer than ${seconds} s`);
  }
  if (code === 0) return;
  const text = new TextDecoder().decode(stderr).trim();
  throw new BenchError(`h2load ended with exit code ${code}: ${text}`);
}

async function spawn(
  args: string[],
  signal: AbortSignal,
): Promise<Deno.CommandOutput> {
  try {
    return await new Deno.Command("h2load", {
      args,
      signal,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new BenchError(HOW_TO_INSTALL, { cause });
  }
}

/** Options of {@linkcode parseLog}. */
export interface LogOptions {
  /** How many answers there have to be. */
  readonly requests: number;
  /** Seconds at the beginning that are not counted. @default {0} */
  readonly skip?: number;
}

/**
 * Reads h2load's log: a line per request, of start (microseconds since the epoch),
 * HTTP status, and microseconds until the answer ended.
 *
 * @throws {BenchError} There are fewer answers, or not all have the status 200, or
 * none is left to count.
 */
export function parseLog(
  log: string,
  { requests, skip = 0 }: LogOptions,
): LoadFigures {
  const answers = log.trimEnd().split("\n").map((row) => {
    const [start = NaN, status, time = NaN] = row.split("\t").map(Number);
    return { start, status, time, end: start + time };
  }).filter(({ status }) => status === 200);
  if (answers.length !== requests) {
    throw new BenchError(
      `${answers.length} of ${requests} events were answered with 200: expected all`,
    );
  }
  const first = answers.reduce(
    (least, { start }) => Math.min(least, start),
    Infinity,
  );
  const begin = first + skip * 1_000_000;
  const counted = answers.filter(({ start }) => start >= begin);
  const end = counted.reduce((most, { end }) => Math.max(most, end), begin);
  if (counted.length === 0) {
    throw new BenchError(`No event was sent after ${skip} s: expected some`);
  }
  const times = Float64Array.from(counted, ({ time }) => time / 1_000).sort();
  return {
    rate: counted.length / ((end - begin) / 1_000_000),
    p50: percentile(times, 50),
    p99: percentile(times, 99),
  };
}

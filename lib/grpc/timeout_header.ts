/**
 * Shortens deadlines that grpc-js cannot handle.
 *
 * @module
 */

import type { IncomingHttpHeaders } from "node:http2";
import { MAX_TIMEOUT } from "../core/async.ts";

/**
 * Units of gRPC timeouts, in milliseconds; units below a millisecond are
 * irrelevant here.
 */
const UNITS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
};

/** About 24 days. */
const LONGEST = "2147483S";

/**
 * Shortens a timeout to the longest timer: a longer one overflows in grpc-js,
 * which then answers DEADLINE_EXCEEDED at once.
 */
export function shortenTimeout(headers: IncomingHttpHeaders): void {
  const { "grpc-timeout": timeout } = headers;
  // As grpc-js reads it: the first value that looks valid.
  const match = typeof timeout === "string" &&
    /(\d{1,8})\s*([HMS])/.exec(timeout);
  if (!match) return;
  const [, count, unit = ""] = match;
  if (Number(count) * (UNITS[unit] ?? 0) > MAX_TIMEOUT) {
    headers["grpc-timeout"] = LONGEST;
  }
}

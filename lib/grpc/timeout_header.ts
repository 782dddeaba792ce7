/**
 * Callers' deadlines that grpc-js cannot wait for.
 *
 * @module
 */

import type { IncomingHttpHeaders } from "node:http2";
import { MAX_TIMEOUT } from "../core/async.ts";

/** Units of gRPC's time limits, in milliseconds; those below one never count here. */
const UNITS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
};

/** Some 24 days. */
const LONGEST = "2147483S";

/**
 * Shortens a time limit to what a timer can wait: a longer one overflows in grpc-js,
 * which then says DEADLINE_EXCEEDED at once.
 */
export function shortenTimeout(headers: IncomingHttpHeaders): void {
  const { "grpc-timeout": timeout } = headers;
  // As grpc-js reads it: the first that looks like one.
  const match = typeof timeout === "string" &&
    /(\d{1,8})\s*([HMS])/.exec(timeout);
  if (!match) return;
  const [, count, unit = ""] = match;
  if (Number(count) * (UNITS[unit] ?? 0) > MAX_TIMEOUT) {
    headers["grpc-timeout"] = LONGEST;
  }
}

/**
 * The answers to gRPC callers.
 *
 * The connector redelivers after UNAVAILABLE, RESOURCE_EXHAUSTED, INTERNAL and
 * UNKNOWN, and stops calling a method for good after UNIMPLEMENTED.
 *
 * @module
 */

import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { EventError } from "../core/errors.ts";
import type { Reason, Result } from "../core/outcome.ts";

/** A refusal as grpc-js sends it. */
export type Refusal = Pick<ServiceError, "code" | "details" | "metadata">;

/**
 * Fixed texts: the thrown error goes to the log, and the peer learns nothing of
 * it.
 */
const REFUSALS: Readonly<
  Partial<Record<Reason, readonly [code: status, details: string]>>
> = {
  bad_event: [
    status.INVALID_ARGUMENT,
    "Event cannot be handled: it is malformed",
  ],
  bad_state: [
    status.FAILED_PRECONDITION,
    "Event cannot be handled: what it needs is not there",
  ],
  refused: [
    status.FAILED_PRECONDITION,
    "Event cannot be handled: what it needs is not there",
  ],
  unavailable: [status.UNAVAILABLE, "Event was not handled: try again later"],
  deadline: [status.UNAVAILABLE, "Event was not handled in time"],
  draining: [status.UNAVAILABLE, "Service is draining"],
  bug: [status.INTERNAL, "Event was not handled: internal error"],
  too_large: [status.RESOURCE_EXHAUSTED, "Event is larger than allowed"],
  unreadable: [status.INTERNAL, "Event cannot be decompressed"],
  exhausted: [status.FAILED_PRECONDITION, "Event failed too many times"],
  overloaded: [
    status.RESOURCE_EXHAUSTED,
    "Service is handling as much as it can",
  ],
  cancelled: [status.CANCELLED, "Call was cancelled"],
};

/** The reasons that `ON_REJECT=ack` answers with OK. */
const FINAL: ReadonlySet<Reason> = new Set([
  "bad_event",
  "bad_state",
  "refused",
  "exhausted",
]);

/**
 * Converts a result to an answer.
 *
 * @param onReject `ack` answers OK to events that can never succeed, for
 * platforms that redeliver those.
 * @returns `undefined` for OK.
 */
export function refusalOf(
  result: Result,
  onReject: "reject" | "ack",
): Refusal | undefined {
  const refusal = REFUSALS[result.reason];
  if (refusal === undefined) return undefined;
  if (onReject === "ack" && FINAL.has(result.reason)) return undefined;
  const [code, details] = refusal;
  const metadata = new Metadata();
  if (result.errorId !== undefined) metadata.set("error-id", result.errorId);
  const retryAfter = retryAfterOf(result.error);
  if (retryAfter !== undefined) {
    // gRPC's pushback metadata (gRFC A6). Anything but a number from 0 would
    // mean: do not retry.
    metadata.set("grpc-retry-pushback-ms", String(Math.ceil(retryAfter)));
  }
  return { code, details, metadata };
}

function retryAfterOf(error: unknown): number | undefined {
  return error instanceof EventError && error.retryable
    ? error.retryAfter
    : undefined;
}

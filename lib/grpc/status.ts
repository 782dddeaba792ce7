/**
 * What a gRPC caller is answered.
 *
 * The connector delivers again on UNAVAILABLE, RESOURCE_EXHAUSTED, INTERNAL and
 * UNKNOWN, and stops calling a method for good that answers UNIMPLEMENTED.
 *
 * @module
 */

import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { EventError } from "../core/errors.ts";
import type { Reason, Result } from "../core/outcome.ts";

/** A refusal as grpc-js sends it. */
export type Refusal = Pick<ServiceError, "code" | "details" | "metadata">;

/** Fixed texts: what was thrown is for the log, a peer learns nothing of it. */
const REFUSALS: Readonly<
  Partial<Record<Reason, readonly [code: status, details: string]>>
> = {
  bad_event: [
    status.INVALID_ARGUMENT,
    "Event can not be handled: it is malformed",
  ],
  bad_state: [
    status.FAILED_PRECONDITION,
    "Event can not be handled: what it needs is not there",
  ],
  refused: [
    status.FAILED_PRECONDITION,
    "Event can not be handled: what it needs is not there",
  ],
  unavailable: [status.UNAVAILABLE, "Event was not handled: try again later"],
  deadline: [status.UNAVAILABLE, "Event was not handled in time"],
  draining: [status.UNAVAILABLE, "Service is draining"],
  bug: [status.INTERNAL, "Event was not handled: internal error"],
  too_large: [status.RESOURCE_EXHAUSTED, "Event is larger than allowed"],
  unreadable: [status.INTERNAL, "Event can not be inflated"],
  exhausted: [status.FAILED_PRECONDITION, "Event failed too many times"],
  overloaded: [status.RESOURCE_EXHAUSTED, "Service is handling all it can"],
  cancelled: [status.CANCELLED, "Call was cancelled"],
};

/** What `ON_REJECT=ack` answers OK. */
const FINAL: ReadonlySet<Reason> = new Set([
  "bad_event",
  "bad_state",
  "refused",
  "exhausted",
]);

/**
 * Turns a result into an answer.
 *
 * @param onReject `ack` answers OK to events that will never work, for platforms
 * that deliver those again.
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
    // gRPC's own way to say when to come again (gRFC A6). Anything else than a
    // number from 0 would say: not at all.
    metadata.set("grpc-retry-pushback-ms", String(Math.ceil(retryAfter)));
  }
  return { code, details, metadata };
}

function retryAfterOf(error: unknown): number | undefined {
  return error instanceof EventError && error.retryable
    ? error.retryAfter
    : undefined;
}

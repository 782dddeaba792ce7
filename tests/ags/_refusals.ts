/**
 * What the tests of AGS's services share: an AGS that answers as told, and the
 * errors of one that refuses.
 *
 * @module
 */

import assert from "node:assert/strict";
import { AgsError } from "../../lib/ags/errors.ts";
import type { Ags } from "../../lib/core/context.ts";
import { type Fault, TerminalError } from "../../lib/core/errors.ts";
import { rejection, type Session } from "./_client.ts";

/** An AGS that answers every request the same. */
export function answering(answer: unknown): Ags {
  return {
    namespace: "mygame",
    request: <T>() => Promise.resolve(answer as T),
  };
}

/** The error of a promise that AGS lets fail. */
export async function refused(promise: Promise<unknown>): Promise<AgsError> {
  const error = await rejection(promise);
  assert.ok(error instanceof AgsError, String(error));
  return error;
}

/** Checks that a promise fails for good with these. */
export async function assertRefused(
  promise: Promise<unknown>,
  expected: { readonly status: number; readonly errorCode: number | undefined },
): Promise<void> {
  const { status, errorCode, retryable, fault } = await refused(promise);
  assert.deepEqual({ status, errorCode, retryable, fault }, {
    ...expected,
    retryable: false,
    fault: "state" satisfies Fault,
  });
}

/** Checks that a call blames the event, and that AGS is not asked. */
export async function assertNotAsked(
  session: Session,
  promise: Promise<unknown>,
): Promise<void> {
  const error = await rejection(promise);
  assert.ok(error instanceof TerminalError, String(error));
  assert.equal(error.fault, "event");
  assert.equal(session.emulator.journal.counters.requests, 0);
}

/** Bodies of requests of a route, oldest first. */
export function bodies(session: Session, route: string): readonly unknown[] {
  return session.emulator.journal.requests()
    .filter((request) => request.route === route)
    .map(({ body }) => body);
}

/** Answers that are no success of any call that answers something. */
export const NONSENSE: readonly unknown[] = [
  undefined,
  null,
  "fine",
  7,
  {},
  [{}],
];

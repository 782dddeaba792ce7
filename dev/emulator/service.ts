/**
 * What the emulated services of the game have in common.
 *
 * @module
 */

import type { Answer } from "./errors.ts";
import type { Route } from "./router.ts";

/** A service: its operations, and how it forgets. */
export interface Service {
  /** Its operations. */
  readonly routes: readonly Route[];
  /** Forgets everything but the configuration. */
  clear(): void;
}

/** Most players that a service remembers; the one who came first goes first. */
export const MAX_PLAYERS = 100_000;

/** The beginning of every admin resource. */
export const RESOURCE = "ADMIN:NAMESPACE:{namespace}";

/** Builds a 204 answer. */
export function noContent(): Answer {
  return { status: 204, body: "" };
}

/** A time as AGS writes it. */
export function iso(time: number): string {
  return new Date(time).toISOString();
}

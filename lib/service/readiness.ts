/**
 * Whether events can be handled now: what `/readyz` answers.
 *
 * @module
 */

import { NotReadyError, type Source } from "../core/source.ts";

/** Options of {@linkcode readiness}. */
export interface ReadinessOptions {
  /** Whether the service drains. */
  readonly shutdown: { readonly isDraining: boolean };
  /** What remembers which events are done. @default {nothing does} */
  readonly store:
    | {
      /** For how long it has not worked, in milliseconds. */
      readonly awayFor: number;
    }
    | undefined;
  /** The sources that are open. */
  readonly sources: readonly Source[];
  /** AGS. */
  readonly ags: { ready(signal: AbortSignal): Promise<void> };
}

/**
 * How long the store may be away before events count as not to be handled, in
 * milliseconds. A restart or a failover of it is over sooner, and what failed meanwhile
 * has come again.
 */
const STORE_PATIENCE = 10_000;

/**
 * Makes the check: it resolves when events can be handled, and rejects with what keeps
 * them from it.
 */
export function readiness(
  { shutdown, store, sources, ags }: ReadinessOptions,
): (signal: AbortSignal) => Promise<void> {
  return async (signal) => {
    if (shutdown.isDraining) throw new NotReadyError("Service is draining");
    if (store !== undefined && store.awayFor >= STORE_PATIENCE) {
      throw new NotReadyError("Idempotency store is unavailable");
    }
    for (const source of sources) await source.ready(signal);
    await ags.ready(signal);
  };
}

/**
 * Readiness: the check behind `/readyz`.
 *
 * @module
 */

import { NotReadyError, type Source } from "../core/source.ts";

/** Options of {@linkcode readiness}. */
export interface ReadinessOptions {
  /** Whether the service is draining. */
  readonly shutdown: { readonly isDraining: boolean };
  /** The store of handled events. @default {none} */
  readonly store:
    | {
      /** How long it has been unavailable, in milliseconds. */
      readonly awayFor: number;
    }
    | undefined;
  /** The open sources. */
  readonly sources: readonly Source[];
  /** AGS. */
  readonly ags: { ready(signal: AbortSignal): Promise<void> };
}

/**
 * How long the store may be unavailable before the service is not ready, in
 * milliseconds. A restart or failover takes less, and the events that failed
 * meanwhile are delivered again.
 */
const STORE_PATIENCE = 10_000;

/**
 * Creates the check: it resolves if events can be handled, and otherwise
 * rejects with the reason.
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

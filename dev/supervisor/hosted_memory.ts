/**
 * The memory of events for a service that comes and goes.
 *
 * @module
 */

import type {
  ClaimOptions,
  IdempotencyStore,
  Tally,
} from "../../lib/core/idempotency_store.ts";
import type { MemoryAnswer, MemoryCall } from "./messages.ts";

/** One service's share of the memory. */
export interface HostedMemory {
  /** Does what the service asks for. */
  call(call: MemoryCall): Promise<MemoryAnswer>;
  /**
   * Frees what the service claimed, once it has ended: its events can be run again at
   * once, and the restart does not count as their failure.
   */
  abandon(): Promise<void>;
}

/** A claim that holds. */
interface Held {
  readonly how: ClaimOptions;
  readonly tally: Tally;
}

/**
 * Lets one service use the memory.
 *
 * @param store The memory, which outlives the service.
 */
export function hostMemory(store: IdempotencyStore): HostedMemory {
  const held = new Map<string, Held>();
  return {
    async call({ op, key, how }) {
      switch (op) {
        case "claim": {
          const claim = await store.claim(key, how);
          if (claim.state === "claimed") {
            held.set(key, { how, tally: claim.tally });
          }
          return claim;
        }
        case "renew":
          return await store.renew(key, how);
        case "complete":
          held.delete(key);
          return await store.complete(key, how);
        case "release":
          held.delete(key);
          return await store.release(key, how);
      }
    },
    async abandon() {
      for (const [key, { how: { token, ttl }, tally }] of held) {
        await store.release(key, { token, tally, ttl });
      }
      held.clear();
    },
  };
}

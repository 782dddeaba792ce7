/**
 * The memory of events that lives in `./task dev`, as the service sees it.
 *
 * @module
 */

import {
  type IdempotencyStore,
  StoreError,
} from "../../lib/core/idempotency_store.ts";
import type {
  FromService,
  MemoryAnswer,
  MemoryCall,
  ToService,
} from "./messages.ts";

/** Time for an answer, in milliseconds: it comes from the same machine. */
const TIMEOUT = 5_000;

/** The memory, and where its answers go. */
export interface RemoteMemory extends IdempotencyStore {
  /** Takes an answer. */
  answered(answer: Extract<ToService, { readonly kind: "answer" }>): void;
}

/**
 * Creates it.
 *
 * @param send Asks `./task dev`.
 */
export function createRemoteMemory(
  send: (message: FromService) => void,
): RemoteMemory {
  const waiting = new Map<number, (value: MemoryAnswer) => void>();
  let last = 0;

  function ask(call: MemoryCall): Promise<MemoryAnswer> {
    const id = ++last;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(id);
        reject(new StoreError(`Memory did not answer within ${TIMEOUT} ms`));
      }, TIMEOUT);
      waiting.set(id, (value) => {
        clearTimeout(timer);
        waiting.delete(id);
        resolve(value);
      });
      send({ kind: "memory", id, call });
    });
  }

  return {
    name: "memory",
    async claim(key, how) {
      const answer = await ask({ op: "claim", key, how });
      if (typeof answer === "object") return answer;
      throw new StoreError("Memory answered a claim with what is no claim");
    },
    renew: async (key, how) => await ask({ op: "renew", key, how }) === true,
    complete: async (key, how) =>
      await ask({ op: "complete", key, how }) === true,
    release: async (key, how) =>
      await ask({ op: "release", key, how }) === true,
    answered: ({ id, value }) => waiting.get(id)?.(value),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/**
 * Idempotency in the hands of a test: stores that fail on demand, and deliveries.
 *
 * @module
 */

import type { Delivery } from "../../lib/core/dispatcher.ts";
import type {
  Claim,
  IdempotencyStore,
} from "../../lib/core/idempotency_store.ts";
import { HANDLED, type Result, resultOf } from "../../lib/core/outcome.ts";
import { createMemoryStore } from "../../lib/idempotency/memory_store.ts";
import {
  createIdempotency,
  type Idempotency,
  type IdempotencyOptions,
} from "../../lib/middleware/idempotency.ts";
import { testDelivery, testEvent } from "../_support/delivery.ts";
import { type RecordingLogger, recordLog } from "../_support/log.ts";

/** A store whose operations fail while a test says so. */
export interface FaultyStore extends IdempotencyStore {
  /** The operations that fail. */
  readonly broken: Set<"claim" | "renew" | "complete" | "release">;
  /** Operations that fail although they are carried out. */
  readonly silent: Set<"claim" | "complete" | "release">;
  /** Every operation asked for, in order. */
  readonly asked: string[];
}

/** Makes a memory store fail on demand. */
export function faultyStore(
  store: IdempotencyStore = createMemoryStore(),
): FaultyStore {
  const broken: FaultyStore["broken"] = new Set();
  const silent: FaultyStore["silent"] = new Set();
  const asked: string[] = [];
  async function run<T>(
    name: "claim" | "renew" | "complete" | "release",
    operation: () => Promise<T>,
  ): Promise<T> {
    asked.push(name);
    if (broken.has(name)) throw new Error("store is broken");
    const answer = await operation();
    if (name !== "renew" && silent.has(name)) throw new Error("answer is lost");
    return answer;
  }
  return {
    name: "faulty",
    broken,
    silent,
    asked,
    claim: (key, how) => run<Claim>("claim", () => store.claim(key, how)),
    renew: (key, how) => run("renew", () => store.renew(key, how)),
    complete: (key, how) => run("complete", () => store.complete(key, how)),
    release: (key, how) => run("release", () => store.release(key, how)),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** One process: its middleware, and what it logs. */
export interface Replica extends Idempotency {
  readonly log: RecordingLogger;
  /**
   * Delivers an event to a handler.
   *
   * @param run What the handler does. Returns by default.
   */
  deliver(
    run?: (delivery: Delivery) => unknown,
    overrides?: Partial<Delivery>,
  ): Promise<Result>;
}

/** Makes a process of its own on a store. */
export function replica(
  store: IdempotencyStore,
  options: Partial<IdempotencyOptions> = {},
): Replica {
  const log = recordLog();
  const idempotency = createIdempotency({
    store,
    ttl: 3_600_000,
    lease: 60_000,
    maxAttempts: 3,
    log,
    ...options,
  });
  const { middleware } = idempotency;
  return {
    ...idempotency,
    log,
    deliver: (run = () => {}, overrides = {}) =>
      middleware(testDelivery({ event: testEvent(), ...overrides }), last(run)),
  };
}

/** The last step of a pipe, as the app has it. */
function last(run: (delivery: Delivery) => unknown) {
  return async (delivery: Delivery): Promise<Result> => {
    const { controller: { signal }, refusal } = delivery;
    try {
      if (refusal !== undefined) throw refusal;
      await run(delivery);
      return HANDLED;
    } catch (error) {
      return resultOf(error, signal);
    }
  };
}

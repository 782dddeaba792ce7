import assert from "node:assert/strict";
import fc from "fast-check";
import { createApp } from "../../lib/core/app.ts";
import type { Context } from "../../lib/core/context.ts";
import { CancelledError, RetryableError } from "../../lib/core/errors.ts";
import type { IdempotencyStore } from "../../lib/core/idempotency_store.ts";
import type { Result } from "../../lib/core/outcome.ts";
import { createMemoryStore } from "../../lib/idempotency/memory_store.ts";
import { deadline } from "../../lib/middleware/deadline.ts";
import { createIdempotency } from "../../lib/middleware/idempotency.ts";
import {
  TEST_TYPE,
  testContext,
  testEvent,
  testHandler,
} from "../_support/delivery.ts";
import { fakeTime, settle } from "../_support/fake_time.ts";
import { recordLog } from "../_support/log.ts";
import { faultyStore } from "./_idempotency.ts";

const TIMEOUT = 5_000;
const LEASE = 2_000;
const EVENTS = 3;
const REPLICAS = 2;
/** Longer than any claim that nobody renews. */
const OVER = LEASE + TIMEOUT + 60_000;

/** How a handler that waits ends. */
type End = "succeed" | "bug" | "temporary";
/** What a store refuses for a while. */
type Trouble = "none" | "claim" | "release" | "renew";

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("deliver" as const),
      event: fc.nat(EVENTS - 1),
      replica: fc.nat(REPLICAS - 1),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("end" as const),
      which: fc.nat(),
      how: fc.constantFrom<End[]>("succeed", "bug", "temporary"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("crash" as const),
      replica: fc.nat(REPLICAS - 1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("cancel" as const),
      which: fc.nat(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("trouble" as const),
      trouble: fc.constantFrom<Trouble[]>("none", "claim", "release", "renew"),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("elapse" as const),
      time: fc.integer({ min: 1, max: 2 * TIMEOUT }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("stall" as const),
      time: fc.integer({ min: 1, max: 2 * TIMEOUT }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("jump" as const),
      time: fc.integer({ min: -2 * TIMEOUT, max: 2 * TIMEOUT }),
    }),
  },
);

/** What a handler gets: with the claim of its event, which it confirms. */
interface TestContext extends Context {
  readonly confirm: () => Promise<void>;
}

/** A handler that is running. */
interface Running {
  readonly replica: object;
  readonly end: (how: End) => void;
}

/** Two replicas on one store, and what became of their events. */
class Cluster {
  readonly store = faultyStore(createMemoryStore());
  readonly successes = new Map<string, number>();
  readonly results: Result[] = [];
  readonly controllers: AbortController[] = [];
  running: Running[] = [];
  #replicas = Array.from({ length: REPLICAS }, () => this.#start());

  #start() {
    const self = { isDead: false };
    const { store } = this;
    /** A dead process says nothing more to the store, whatever its timers do. */
    const alive = <T>(ask: () => Promise<T>): Promise<T> =>
      self.isDead ? new Promise<T>(() => {}) : ask();
    const own: IdempotencyStore = {
      ...store,
      claim: (key, how) => alive(() => store.claim(key, how)),
      renew: (key, how) => alive(() => store.renew(key, how)),
      complete: (key, how) => alive(() => store.complete(key, how)),
      release: (key, how) => alive(() => store.release(key, how)),
    };
    const app = createApp({
      handlers: [
        testHandler(({ id }, ctx) => this.#handle(self, id, ctx)),
      ],
      knownTypes: [TEST_TYPE],
      middleware: [
        deadline({ timeout: TIMEOUT }),
        createIdempotency({
          store: own,
          ttl: 30 * 24 * 3_600_000,
          lease: LEASE,
          maxAttempts: 0,
          log: recordLog(),
        }).middleware,
      ],
      // Asked before what counts, as `ctx.ags` does.
      createContext: (delivery): TestContext => ({
        ...testContext(delivery),
        confirm: async () => await delivery.lease?.confirm(),
      }),
    });
    return { self, app };
  }

  async #handle(
    replica: object,
    id: string,
    ctx: Context,
  ): Promise<void> {
    const { signal, confirm } = ctx as TestContext;
    const { promise, resolve, reject } = Promise.withResolvers<End>();
    const running: Running = { replica, end: resolve };
    this.running.push(running);
    signal.addEventListener("abort", () => reject(signal.reason));
    try {
      const how = await promise;
      if (how === "bug") throw new Error("boom");
      if (how === "temporary") throw new RetryableError("later");
      await confirm();
      this.successes.set(id, (this.successes.get(id) ?? 0) + 1);
    } finally {
      this.running = this.running.filter((each) => each !== running);
    }
  }

  deliver(event: number, replica: number): Promise<Result> {
    const controller = new AbortController();
    this.controllers.push(controller);
    const { app } = this.#replicas[replica] ?? assert.fail();
    return app.dispatch(testEvent({ id: `event-${event}` }), {
      source: "test",
      controller,
    });
  }

  /** A process dies: whatever it was running goes no further. */
  crash(replica: number): void {
    const dead = this.#replicas[replica]?.self ?? assert.fail();
    dead.isDead = true;
    this.running = this.running.filter((each) => each.replica !== dead);
    this.#replicas[replica] = this.#start();
  }
}

Deno.test("Whatever happens, no event succeeds twice, and none is lost", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60, size: "max" }),
      async (steps) => {
        using time = fakeTime();
        const cluster = new Cluster();
        const known = new Set<number>();
        for (const each of steps) {
          switch (each.kind) {
            case "deliver":
              known.add(each.event);
              cluster.deliver(each.event, each.replica);
              break;
            case "end": {
              const { length } = cluster.running;
              cluster.running[each.which % (length || 1)]?.end(each.how);
              break;
            }
            case "crash":
              cluster.crash(each.replica);
              break;
            case "cancel": {
              const { length } = cluster.controllers;
              cluster.controllers[each.which % (length || 1)]
                ?.abort(new CancelledError("gone"));
              break;
            }
            case "trouble":
              cluster.store.broken.clear();
              if (each.trouble !== "none") {
                cluster.store.broken.add(
                  each.trouble,
                );
              }
              break;
            case "elapse":
              await time.advance(each.time);
              break;
            case "stall":
              time.stall(each.time);
              break;
            case "jump":
              time.jump(each.time);
          }
          await settle();
          for (const [id, count] of cluster.successes) {
            assert.equal(count, 1, `${id} succeeded ${count} times`);
          }
        }

        cluster.store.broken.clear();
        await time.advance(OVER);
        for (const event of known) {
          const wasDone = cluster.successes.has(`event-${event}`);
          const result = cluster.deliver(event, 0);
          await settle();
          for (const { end } of [...cluster.running]) end("succeed");
          const { outcome } = await result;
          assert.equal(outcome, wasDone ? "duplicate" : "handled");
          assert.equal(cluster.successes.get(`event-${event}`), 1);
        }
      },
    ),
    { numRuns: 500 },
  );
});

/**
 * The rules for every idempotency store, as checks for any test framework:
 *
 * ```ts
 * for (const { name, check } of STORE_RULES) {
 *   Deno.test(`my store: ${name}`, () => check(openMyStore));
 * }
 * ```
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  type Claim,
  type IdempotencyStore,
  NO_FAILURES,
  type Tally,
} from "../core/idempotency_store.ts";

/** Two users of one store, like two replicas. */
export interface StoreWorld extends AsyncDisposable {
  /** The first user. */
  readonly one: IdempotencyStore;
  /** The second user; the same object if the store belongs to one process. */
  readonly other: IdempotencyStore;
  /** Advances the store's clock by at least this much, in milliseconds. */
  pass(milliseconds: number): Promise<void>;
}

/** Opens a world without events. */
export type OpenStore = () => Promise<StoreWorld>;

/** One rule. */
export interface StoreRule {
  /** The rule, as a sentence. */
  readonly name: string;
  /**
   * Checks it.
   *
   * @throws {AssertionError} The store breaks it.
   */
  readonly check: (open: OpenStore) => Promise<void>;
}

/** A lease that outlasts every check. */
const LONG = 600_000;
/** A lease that expires during a check. */
const SHORT = 40;
const TTL = 3_600_000;
const KEY = "channel.event/id-1";
const A = { token: "token-a", lease: LONG, ttl: TTL };
const B = { token: "token-b", lease: LONG, ttl: TTL };
const DONE = { ending: "done", ttl: TTL } as const;
const DEAD_LETTERED = { ending: "dead_letter", ttl: TTL } as const;

function claimed(claim: Claim): Claim & { readonly state: "claimed" } {
  if (claim.state !== "claimed") {
    assert.fail(`Claim is "${claim.state}": expected "claimed"`);
  }
  return claim;
}

function failedOnce(tally: Tally): Tally {
  return { failures: tally.failures + 1, countedAt: 1_234 };
}

function rule(
  name: string,
  run: (world: StoreWorld) => Promise<void>,
): StoreRule {
  return {
    name,
    async check(open) {
      await using world = await open();
      await run(world);
    },
  };
}

/** The rules. */
export const STORE_RULES: readonly StoreRule[] = [
  rule("the first claim of an event is granted", async ({ one }) => {
    const { attempt, tally } = claimed(await one.claim(KEY, A));
    assert.equal(attempt, 1);
    assert.deepEqual(tally, NO_FAILURES);
  }),

  rule(
    "a claimed event is held for others, who learn for how long",
    async ({ one, other }) => {
      await one.claim(KEY, A);
      const claim = await other.claim(KEY, B);
      assert.equal(claim.state, "held");
      const { retryAfter } = claim as Claim & { readonly state: "held" };
      assert.ok(retryAfter > 0 && retryAfter <= LONG, `${retryAfter}`);
    },
  ),

  rule("events do not block each other", async ({ one, other }) => {
    await one.claim(KEY, A);
    claimed(await other.claim("channel.event/id-2", B));
    claimed(await other.claim("channel.other/id-1", B));
  }),

  rule("of many concurrent claims one is granted", async ({ one, other }) => {
    const claims = await Promise.all(
      Array.from(
        { length: 8 },
        (_, index) =>
          (index % 2 === 0 ? one : other).claim(KEY, {
            ...A,
            token: `token-${index}`,
          }),
      ),
    );
    const states = claims.map(({ state }) => state);
    assert.equal(states.filter((state) => state === "claimed").length, 1);
    assert.equal(states.filter((state) => state === "held").length, 7);
  }),

  rule(
    "a claim repeated by its holder is the same claim",
    async ({ one }) => {
      const first = claimed(await one.claim(KEY, A));
      assert.deepEqual(claimed(await one.claim(KEY, A)), first);
    },
  ),

  rule(
    "a done event is not granted again, to anybody",
    async ({ one, other }) => {
      await one.claim(KEY, A);
      assert.equal(await one.complete(KEY, { ...A, ...DONE }), true);
      for (const store of [one, other]) {
        assert.deepEqual(await store.claim(KEY, B), { state: "done" });
        assert.deepEqual(await store.claim(KEY, A), { state: "done" });
        const replay = { ...B, isReplay: true };
        assert.deepEqual(await store.claim(KEY, replay), { state: "done" });
      }
    },
  ),

  rule(
    "a dead letter is granted only to a replay, which starts afresh",
    async ({ one, other }) => {
      const { tally } = claimed(await one.claim(KEY, A));
      await one.release(KEY, { ...A, tally: failedOnce(tally) });
      claimed(await one.claim(KEY, A));
      assert.equal(await one.complete(KEY, { ...A, ...DEAD_LETTERED }), true);
      assert.deepEqual(await other.claim(KEY, B), { state: "dead_letter" });
      const replay = await other.claim(KEY, { ...B, isReplay: true });
      assert.deepEqual(claimed(replay).tally, NO_FAILURES);
      assert.equal((await one.claim(KEY, A)).state, "held");
    },
  ),

  rule(
    "a repeated operation has the effect of one",
    async ({ one, other }) => {
      const { tally } = claimed(await one.claim(KEY, A));
      for (let time = 0; time < 2; time++) {
        assert.equal(await one.release(KEY, { ...A, tally }), true);
      }
      claimed(await other.claim(KEY, B));
      for (let time = 0; time < 2; time++) {
        assert.equal(await other.complete(KEY, { ...B, ...DONE }), true);
      }
    },
  ),

  rule(
    "a released event is granted to the next, with its history",
    async ({ one, other }) => {
      const first = claimed(await one.claim(KEY, A));
      const tally = failedOnce(first.tally);
      assert.equal(await one.release(KEY, { ...A, tally }), true);
      const second = claimed(await other.claim(KEY, B));
      assert.deepEqual(second, { ...first, attempt: 2, tally });
    },
  ),

  rule(
    "an expired claim is granted to the next, and counts as a failure",
    async ({ one, other, pass }) => {
      const first = claimed(await one.claim(KEY, { ...A, lease: SHORT }));
      await pass(SHORT + 1);
      const second = claimed(await other.claim(KEY, B));
      assert.equal(second.attempt, 2);
      assert.equal(second.tally.failures, 1);
      assert.equal(second.firstAt, first.firstAt);
    },
  ),

  rule(
    "whoever lost a claim cannot end the next one",
    async ({ one, other, pass }) => {
      const { tally } = claimed(await one.claim(KEY, { ...A, lease: SHORT }));
      await pass(SHORT + 1);
      claimed(await other.claim(KEY, B));
      assert.equal(await one.renew(KEY, A), false);
      assert.equal(await one.release(KEY, { ...A, tally }), false);
      assert.equal(await one.complete(KEY, { ...A, ...DONE }), false);
      assert.equal((await one.claim(KEY, { ...A, token: "c" })).state, "held");
      assert.equal(await other.complete(KEY, { ...B, ...DONE }), true);
    },
  ),

  rule(
    "an expired claim stays its holder's until somebody else claims the event",
    async ({ one, other, pass }) => {
      claimed(await one.claim(KEY, { ...A, lease: SHORT }));
      await pass(SHORT + 1);
      assert.equal(await one.complete(KEY, { ...A, ...DONE }), true);
      assert.deepEqual(await other.claim(KEY, B), { state: "done" });
    },
  ),

  rule("a renewed claim holds", async ({ one, other, pass }) => {
    claimed(await one.claim(KEY, { ...A, lease: SHORT }));
    assert.equal(await one.renew(KEY, A), true);
    await pass(SHORT + 1);
    assert.equal((await other.claim(KEY, B)).state, "held");
  }),

  rule("a claim that has ended cannot be renewed", async ({ one }) => {
    const { tally } = claimed(await one.claim(KEY, A));
    await one.release(KEY, { ...A, tally });
    assert.equal(await one.renew(KEY, A), false);
    await one.claim(KEY, B);
    await one.complete(KEY, { ...B, ...DONE });
    assert.equal(await one.renew(KEY, B), false);
    assert.equal((await one.claim(KEY, A)).state, "done");
  }),

  rule(
    "an event unknown to the store can be completed",
    async ({ one, other }) => {
      assert.equal(await one.complete(KEY, { ...A, ...DONE }), true);
      assert.deepEqual(await other.claim(KEY, B), { state: "done" });
    },
  ),

  rule("the ending of an event does not change", async ({ one, other }) => {
    const { tally } = claimed(await one.claim(KEY, A));
    await one.complete(KEY, { ...A, ...DONE });
    assert.equal(await other.complete(KEY, { ...B, ...DEAD_LETTERED }), false);
    assert.equal(await other.release(KEY, { ...B, tally }), false);
    assert.deepEqual(await one.claim(KEY, B), { state: "done" });
  }),

  rule(
    "a done event is forgotten after its TTL",
    async ({ one, other, pass }) => {
      await one.claim(KEY, A);
      await one.complete(KEY, { ...A, ...DONE, ttl: SHORT });
      await pass(SHORT + 1);
      const { attempt, tally } = claimed(await other.claim(KEY, B));
      assert.equal(attempt, 1);
      assert.deepEqual(tally, NO_FAILURES);
    },
  ),

  rule(
    "failures are forgotten after their TTL",
    async ({ one, other, pass }) => {
      const { tally } = claimed(await one.claim(KEY, A));
      await one.release(KEY, { ...A, tally: failedOnce(tally), ttl: SHORT });
      await pass(SHORT + 1);
      assert.deepEqual(claimed(await other.claim(KEY, B)).tally, NO_FAILURES);
    },
  ),

  rule(
    "keys of any characters, up to 200, are distinct",
    async ({ one }) => {
      const long = "x".repeat(199);
      const keys = [
        `${long}a`,
        `${long}b`,
        "a/#b",
        "a/b",
        "A/B",
        "a b",
        "ä/😀",
      ];
      for (const key of keys) {
        claimed(await one.claim(key, A));
        await one.complete(key, { ...A, ...DONE });
        assert.deepEqual(await one.claim(key, B), { state: "done" });
      }
    },
  ),
];

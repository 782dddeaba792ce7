import assert from "node:assert/strict";
import fc from "fast-check";
import { type App, createApp } from "../../lib/core/app.ts";
import {
  CancelledError,
  RetryableError,
  TerminalError,
} from "../../lib/core/errors.ts";
import type { Handler } from "../../lib/core/on.ts";
import type { Result } from "../../lib/core/outcome.ts";
import { createPipe } from "../../lib/middleware/pipe.ts";
import { testConfig } from "../_support/config.ts";
import {
  TEST_TYPE,
  testContext,
  testEvent,
  testHandler,
} from "../_support/delivery.ts";
import { fakeTime, settle } from "../_support/fake_time.ts";
import { recordLetters } from "../_support/letters.ts";
import { recordLog } from "../_support/log.ts";

const TIMEOUT = 1_000;
const HEED_TIME = 100;
const GRACE = 300;
const SETTLE_TIME = 1_000;

/** What a handler does, as the event's data. */
type Behaviour =
  | "return"
  | "throw bug"
  | "throw string"
  | "throw terminal"
  | "throw retryable"
  | "filtered"
  | "wait"
  | "wait, then throw"
  | "wait, heeding"
  | "wait for ever";

const BEHAVIOURS: readonly Behaviour[] = [
  "return",
  "throw bug",
  "throw string",
  "throw terminal",
  "throw retryable",
  "filtered",
  "wait",
  "wait, then throw",
  "wait, heeding",
  "wait for ever",
];

/** Every pair that these handlers and this pipe may end with. */
const LEGAL: ReadonlySet<string> = new Set([
  "handled handled",
  "skipped skipped",
  "rejected bad_event",
  "failed bug",
  "failed unavailable",
  "failed deadline",
  "failed draining",
  "overloaded overloaded",
  "cancelled cancelled",
]);

/** The pairs that a behaviour may end with, whatever happens around it. */
const FINAL: Readonly<Partial<Record<Behaviour, string>>> = {
  "return": "handled handled",
  "throw bug": "failed bug",
  "throw string": "failed bug",
  "throw terminal": "rejected bad_event",
  "throw retryable": "failed unavailable",
  "filtered": "skipped skipped",
};

/** An app with the service's own pipe, in the hands of a test. */
class Bench {
  readonly log = recordLog();
  readonly app: App;
  /** Ends what waits. */
  readonly #ends: (() => void)[] = [];
  readonly controllers: AbortController[] = [];
  readonly results: { behaviour: Behaviour; result?: Result }[] = [];
  /** Handlers that were called. */
  started = 0;

  constructor(limit: number) {
    const filter = ({ data }: { readonly data: unknown }) =>
      data !== "filtered";
    this.app = createApp({
      handlers: [
        testHandler((event, ctx) => this.#handle(event, ctx), { filter }),
      ],
      knownTypes: [TEST_TYPE],
      middleware: createPipe({
        config: testConfig({
          maxConcurrency: limit,
          maxQueue: 0,
          handlerTimeout: TIMEOUT,
        }),
        log: this.log,
        letters: recordLetters(),
      }).middleware,
      createContext: testContext,
    });
  }

  /** Delivers an event. */
  deliver(behaviour: Behaviour, isForeign: boolean): void {
    const controller = new AbortController();
    this.controllers.push(controller);
    const entry: { behaviour: Behaviour; result?: Result } = { behaviour };
    this.results.push(entry);
    this.app.dispatch(
      testEvent({
        data: behaviour,
        namespace: isForeign ? "other" : "test-namespace",
      }),
      { source: "test", controller },
    ).then((result) => {
      assert.equal(entry.result, undefined);
      entry.result = result;
    });
  }

  /** Lets one of the handlers that wait go on. */
  endOne(which: number): void {
    const [end] = this.#ends.splice(which % (this.#ends.length || 1), 1);
    end?.();
  }

  /** Lets all of them go on. */
  endAll(): void {
    for (const end of this.#ends.splice(0)) end();
  }

  /** Events that have no answer yet. */
  get unanswered(): number {
    return this.results.filter(({ result }) => result === undefined).length;
  }

  async #handle(
    { data }: Parameters<Handler["handle"]>[0],
    { signal }: Parameters<Handler["handle"]>[1],
  ): Promise<void> {
    this.started++;
    const behaviour = data as Behaviour;
    if (behaviour === "throw bug") throw new Error("boom");
    // deno-lint-ignore no-throw-literal -- Handlers may throw anything.
    if (behaviour === "throw string") throw "boom";
    if (behaviour === "throw terminal") throw new TerminalError("bad");
    if (behaviour === "throw retryable") throw new RetryableError("later");
    if (behaviour === "return") return;
    await new Promise<void>((resolve, reject) => {
      if (behaviour === "wait for ever") return;
      this.#ends.push(resolve);
      if (behaviour === "wait, heeding") {
        signal.addEventListener("abort", () => reject(signal.reason));
      }
    });
    if (behaviour === "wait, then throw") throw new Error("boom");
  }
}

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("deliver" as const),
      behaviour: fc.constantFrom(...BEHAVIOURS),
      isForeign: fc.constantFrom(false, false, false, true),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("end" as const),
      which: fc.nat(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("cancel" as const),
      which: fc.nat(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("elapse" as const),
      time: fc.integer({ min: 1, max: 2 * TIMEOUT }),
    }),
  },
);

Deno.test("The pipe answers every event once, legally, and never loses count", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(step, { maxLength: 40 }),
      fc.boolean(),
      async (limit, steps, isDrained) => {
        using time = fakeTime();
        const bench = new Bench(limit);
        for (const each of steps) {
          if (each.kind === "deliver") {
            const before = bench.unanswered;
            const { started } = bench;
            bench.deliver(each.behaviour, each.isForeign);
            await settle();
            const { result } = bench.results.at(-1) ?? assert.fail();
            const pair = result && `${result.outcome} ${result.reason}`;
            if (each.isForeign) assert.equal(pair, "skipped skipped");
            else if (before >= limit) {
              // Answered at once, while the others still run.
              assert.equal(pair, "overloaded overloaded");
              assert.equal(bench.started, started);
            } else {
              assert.equal(pair, FINAL[each.behaviour]);
            }
          } else if (each.kind === "end") {
            bench.endOne(each.which);
          } else if (each.kind === "cancel") {
            const { length } = bench.controllers;
            bench.controllers[each.which % (length || 1)]
              ?.abort(new CancelledError("gone"));
          } else await time.advance(each.time);
          await settle();
          assert.equal(bench.app.inFlight, bench.unanswered);
          assert.ok(bench.app.inFlight <= limit);
        }

        if (isDrained) {
          const left = bench.unanswered;
          const drained = bench.app.drain(GRACE);
          await time.advance(GRACE + SETTLE_TIME);
          assert.ok(await drained <= left);
        } else {
          bench.endAll();
          await time.advance(TIMEOUT + HEED_TIME);
        }
        assert.equal(bench.unanswered, 0);
        assert.equal(bench.app.inFlight, 0);
        assert.equal(time.pending, 0);
        assert.equal(bench.log.lines.length, bench.results.length);
        for (const { result } of bench.results) {
          const pair = `${result?.outcome} ${result?.reason}`;
          assert.ok(LEGAL.has(pair), pair);
        }
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("An event that is skipped for its namespace takes no place", async () => {
  using time = fakeTime();
  const bench = new Bench(1);
  bench.deliver("wait", true);
  bench.deliver("wait", false);
  bench.deliver("return", false);
  await settle();
  assert.deepEqual(bench.results.map(({ result }) => result?.outcome), [
    "skipped",
    undefined,
    "overloaded",
  ]);
  bench.endAll();
  await settle();
  assert.equal(time.pending, 0);
});

Deno.test("A handler that ignores its signal gives its place back when its event is answered", async () => {
  using time = fakeTime();
  const bench = new Bench(1);
  bench.deliver("wait for ever", false);
  await time.advance(TIMEOUT + HEED_TIME);
  bench.deliver("return", false);
  await settle();
  assert.deepEqual(bench.results.map(({ result }) => result?.reason), [
    "deadline",
    "handled",
  ]);
});

Deno.test("The pipe passes the shutdown on to handlers and answers for those that ignore it", async () => {
  using time = fakeTime();
  const bench = new Bench(3);
  bench.deliver("wait, heeding", false);
  bench.deliver("wait for ever", false);
  bench.deliver("wait", false);
  const drained = bench.app.drain(GRACE);
  await time.advance(GRACE - 1);
  bench.endAll();
  await time.advance(1 + HEED_TIME);
  assert.equal(await drained, 1);
  assert.deepEqual(bench.results.map(({ result }) => result?.reason), [
    "handled",
    "unavailable",
    "handled",
  ]);
  assert.equal(time.pending, 0);
});

/**
 * The rules for every inbox, as checks for any test framework:
 *
 * ```ts
 * for (const { name, check } of INBOX_RULES) {
 *   Deno.test(`my inbox: ${name}`, () => check(openMyWorld));
 * }
 * ```
 *
 * @module
 */

import assert from "node:assert/strict";
import { sleep } from "../core/async.ts";
import {
  type DeliverOptions,
  type Inbox,
  type InboxDeadLetter,
  InboxError,
  type InboxRange,
  type InboxRanges,
  type InboxVerdict,
} from "../core/inbox.ts";

/** How to open an inbox. */
export interface InboxWorldOptions {
  /** Delays between the runs of an entry, in milliseconds. */
  readonly delays: readonly number[];
  /** The most bytes that may wait. */
  readonly maxBytes: number;
  /** Whether `ranges` are enabled. */
  readonly hasRanges: boolean;
}

/** The storage of an inbox, which outlives the processes that open it. */
export interface InboxWorld extends AsyncDisposable {
  /**
   * Opens the inbox, with what earlier ones left. Only one is open at a time.
   */
  open(options: InboxWorldOptions): Promise<Inbox>;
  /**
   * Ends the open inbox as the death of its process would: at once, without
   * cleanup. Anything it still does afterwards must have no effect.
   */
  crash(): Promise<void>;
}

/** Opens a world with an empty inbox. */
export type OpenInboxWorld = () => Promise<InboxWorld>;

/** One rule. */
export interface InboxRule {
  /** The rule, as a sentence. */
  readonly name: string;
  /**
   * Checks it.
   *
   * @throws {AssertionError} The inbox breaks it.
   */
  readonly check: (open: OpenInboxWorld) => Promise<void>;
}

const OPTIONS: InboxWorldOptions = {
  delays: [10, 30],
  maxBytes: 2 ** 24,
  hasRanges: false,
};
const RANGES = { ...OPTIONS, hasRanges: true };
/** How long a check waits for a condition, in milliseconds. */
const PATIENCE = 20_000;
const DONE: InboxVerdict = { kind: "done" };
const RETRY: InboxVerdict = { kind: "retry" };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function texts(...entries: string[]): readonly Uint8Array[] {
  return entries.map((entry) => encoder.encode(entry));
}

function numbered(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `entry ${index}`);
}

async function eventually(what: string, isSo: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE;
  while (!isSo()) {
    if (Date.now() > end) assert.fail(`Still waiting for: ${what}`);
    await sleep(2);
  }
}

/** One call of `handle`. */
interface Run {
  readonly text: string;
  readonly failures: number;
  readonly acceptedAt: number;
  readonly signal: AbortSignal;
}

/** Delivers entries, and records what happens. */
function deliver(
  inbox: Inbox,
  answer: (run: Run) => InboxVerdict | Promise<InboxVerdict>,
  options: Partial<DeliverOptions> = {},
) {
  const runs: Run[] = [];
  const letters: InboxDeadLetter[] = [];
  const delivery = inbox.deliver({
    handle: async ({ bytes, failures, acceptedAt }, signal) => {
      const text = decoder.decode(bytes);
      const run = { text, failures, acceptedAt, signal };
      runs.push(run);
      return await answer(run);
    },
    deadLetter: (letter) => {
      letters.push(letter);
      return Promise.resolve();
    },
    concurrency: 8,
    maxAttempts: 1_000,
    ...options,
  });
  return {
    runs,
    letters,
    textsOf: () => runs.map(({ text }) => text).sort(),
    [Symbol.asyncDispose]: () => delivery.stop(new AbortController().signal),
    delivery,
  };
}

function rule(
  name: string,
  run: (world: InboxWorld) => Promise<void>,
): InboxRule {
  return {
    name,
    async check(open) {
      await using world = await open();
      await run(world);
    },
  };
}

async function readAll(range: InboxRange): Promise<readonly string[]> {
  const entries: string[] = [];
  for await (const { bytes } of range.entries()) {
    entries.push(decoder.decode(bytes));
  }
  return entries;
}

function rangesOf({ ranges }: Inbox): InboxRanges {
  assert.ok(ranges !== undefined, "Inbox has ranges");
  return ranges;
}

const NOW = { maxBytes: 2 ** 20, maxAge: 0 };

function patience() {
  return { signal: AbortSignal.timeout(PATIENCE) };
}

/** The rules. */
export const INBOX_RULES: readonly InboxRule[] = [
  rule("an appended entry is handled once, unchanged", async (world) => {
    await using inbox = await world.open(OPTIONS);
    const before = Date.now();
    await inbox.append(texts("a", "b"));
    await using seen = deliver(inbox, () => DONE);
    await inbox.append(texts("c"));
    await eventually("three runs", () => seen.runs.length === 3);
    await eventually("nothing to wait", () => inbox.state.waiting === 0);
    assert.deepEqual(seen.textsOf(), ["a", "b", "c"]);
    for (const { failures, acceptedAt } of seen.runs) {
      assert.equal(failures, 0);
      assert.ok(acceptedAt >= before && acceptedAt <= Date.now());
    }
  }),

  rule("entries are any bytes, few or many", async (world) => {
    await using inbox = await world.open(OPTIONS);
    const entries = [0, 1, 255, 2 ** 18, 2 ** 20].map((length) =>
      new Uint8Array(length).map((_, index) => index % 251)
    );
    await inbox.append(entries);
    const found: Uint8Array[] = [];
    await using seen = deliver(inbox, () => DONE, {
      handle: ({ bytes }) => {
        found.push(bytes);
        return Promise.resolve(DONE);
      },
    });
    await eventually("all of them", () => found.length === entries.length);
    const bySize = found.sort((a, b) => a.length - b.length);
    assert.deepEqual(bySize.map((each) => each.toHex()), [
      ...entries.map((each) => each.toHex()),
    ]);
    assert.equal(seen.letters.length, 0);
  }),

  rule("nothing appended is lost in a crash", async (world) => {
    const inbox = await world.open(OPTIONS);
    const entries = numbered(200);
    await Promise.all(entries.map((entry) => inbox.append(texts(entry))));
    await world.crash();
    await using again = await world.open(OPTIONS);
    assert.equal(again.state.waiting, 200);
    await using seen = deliver(again, () => DONE);
    await eventually("all", () => seen.runs.length === 200);
    assert.deepEqual(seen.textsOf(), [...entries].sort());
  }),

  rule("a done entry is not delivered again", async (world) => {
    {
      await using inbox = await world.open(OPTIONS);
      await inbox.append(texts("a", "b"));
      await using seen = deliver(inbox, () => DONE);
      await eventually("both", () => inbox.state.waiting === 0);
      assert.equal(seen.runs.length, 2);
    }
    await using inbox = await world.open(OPTIONS);
    await inbox.append(texts("c"));
    await using seen = deliver(inbox, () => DONE);
    await eventually("the new one", () => inbox.state.waiting === 0);
    assert.deepEqual(seen.textsOf(), ["c"]);
  }),

  rule(
    "an entry whose run was interrupted by a crash runs again",
    async (world) => {
      const inbox = await world.open(OPTIONS);
      await inbox.append(texts("done", "running"));
      const forever = Promise.withResolvers<InboxVerdict>();
      const first = deliver(
        inbox,
        ({ text }) => text === "done" ? DONE : forever.promise,
      );
      await eventually("both runs", () => first.runs.length === 2);
      await eventually("one is done", () => inbox.state.waiting === 1);
      await world.crash();
      forever.resolve(DONE);
      await using again = await world.open(OPTIONS);
      await using seen = deliver(again, () => DONE);
      await eventually("no wait", () => again.state.waiting === 0);
      const [run] = seen.runs.filter(({ text }) => text === "running");
      assert.equal(run?.failures, 0);
    },
  ),

  rule("a full inbox takes all of an append or none of it", async (world) => {
    await using inbox = await world.open({ ...OPTIONS, maxBytes: 2 ** 18 });
    const large = new Uint8Array(2 ** 15);
    let accepted = 0;
    const refused = await (async () => {
      for (; accepted < 100; accepted += 2) await inbox.append([large, large]);
    })().catch((error: unknown) => error);
    assert.ok(refused instanceof InboxError);
    assert.equal(refused.reason, "full");
    assert.ok(accepted >= 2, `${accepted}`);
    await using seen = deliver(inbox, () => DONE);
    await eventually("room", () => inbox.state.waiting === 0);
    assert.equal(seen.runs.length, accepted);
    await inbox.append([large, large]);
    await eventually("more", () => seen.runs.length === accepted + 2);
  }),

  rule(
    "a failed entry runs again, and counts its failures",
    async (world) => {
      await using inbox = await world.open(OPTIONS);
      await inbox.append(texts("a"));
      await using seen = deliver(
        inbox,
        ({ failures }) => failures < 4 ? RETRY : DONE,
      );
      await eventually("an end", () => seen.runs.length === 5);
      await eventually("no retry", () => inbox.state.retrying === 0);
      assert.deepEqual(seen.runs.map(({ failures }) => failures), [
        ...[0, 1, 2, 3, 4],
      ]);
      const times = new Set(seen.runs.map(({ acceptedAt }) => acceptedAt));
      assert.equal(times.size, 1);
    },
  ),

  rule("failing entries do not block others", async (world) => {
    await using inbox = await world.open(OPTIONS);
    const bad = numbered(50).map((text) => `bad ${text}`);
    await inbox.append(texts(...bad));
    await using seen = deliver(
      inbox,
      ({ text }) => text.startsWith("bad") ? RETRY : DONE,
      { concurrency: 2 },
    );
    for (const text of numbered(50)) await inbox.append(texts(text));
    await eventually("the good ones", () => inbox.state.waiting === 0);
    const good = seen.runs.filter(({ text }) => !text.startsWith("bad"));
    assert.equal(good.length, 50);
    await eventually("the bad ones", () => inbox.state.retrying === 50);
  }),

  rule("a wait is no shorter than requested", async (world) => {
    await using inbox = await world.open({ ...OPTIONS, delays: [1, 100] });
    await inbox.append(texts("a"));
    const times: number[] = [];
    await using _seen = deliver(inbox, ({ failures }) => {
      times.push(Date.now());
      return failures === 0 ? { kind: "retry", retryAfter: 80 } : DONE;
    });
    await eventually("two runs", () => times.length === 2);
    const [first = 0, second = 0] = times;
    assert.ok(second - first >= 80, `${second - first} ms`);
  }),

  rule("failures survive a crash", async (world) => {
    const inbox = await world.open({ ...OPTIONS, delays: [10, 86_400_000] });
    await inbox.append(texts("a"));
    deliver(inbox, () => RETRY);
    // The second failure makes it wait for a day.
    await eventually("a first failure", () => inbox.state.retrying === 1);
    await world.crash();
    await using again = await world.open(OPTIONS);
    await using seen = deliver(again, () => DONE);
    await eventually("an end", () => again.state.retrying === 0);
    assert.ok((seen.runs[0]?.failures ?? 0) >= 1);
  }),

  rule("an entry that fails too often becomes a dead letter", async (world) => {
    const error = new Error("No luck");
    {
      await using inbox = await world.open(OPTIONS);
      await inbox.append(texts("a"));
      await using seen = deliver(inbox, () => ({ kind: "retry", error }), {
        maxAttempts: 3,
      });
      await eventually("a letter", () => seen.letters.length === 1);
      await eventually("an end", () => inbox.state.retrying === 0);
      assert.equal(seen.runs.length, 3);
      const [letter] = seen.letters;
      assert.equal(letter?.reason, "attempts");
      assert.equal(letter?.entry.failures, 3);
      assert.equal(letter?.error, error);
      assert.equal(decoder.decode(letter?.entry.bytes), "a");
    }
    await using inbox = await world.open(OPTIONS);
    assert.deepEqual([inbox.state.waiting, inbox.state.retrying], [0, 0]);
  }),

  rule("an entry that fails too long becomes a dead letter", async (world) => {
    await using inbox = await world.open(OPTIONS);
    await inbox.append(texts("a"));
    await using seen = deliver(inbox, () => RETRY, { maxAge: 50 });
    await eventually("a letter", () => seen.letters.length === 1);
    await eventually("an end", () => inbox.state.retrying === 0);
    assert.equal(seen.letters[0]?.reason, "age");
    assert.equal(seen.letters[0]?.entry.failures, seen.runs.length);
  }),

  rule("an old entry is run at least once", async (world) => {
    const inbox = await world.open(OPTIONS);
    await inbox.append(texts("a"));
    await world.crash();
    await sleep(20);
    await using again = await world.open(OPTIONS);
    await using seen = deliver(again, () => DONE, { maxAge: 1 });
    await eventually("a run", () => again.state.waiting === 0);
    assert.equal(seen.runs.length, 1);
    assert.equal(seen.letters.length, 0);
  }),

  rule("a dead letter that cannot be written is not lost", async (world) => {
    await using inbox = await world.open(OPTIONS);
    await inbox.append(texts("a"));
    let tries = 0;
    await using seen = deliver(inbox, () => RETRY, {
      maxAttempts: 1,
      deadLetter: () =>
        ++tries < 3
          ? Promise.reject(new Error("No room for dead letters"))
          : Promise.resolve(),
    });
    await eventually(
      "an end",
      () =>
        tries === 3 && inbox.state.retrying === 0 && inbox.state.waiting === 0,
    );
    assert.equal(seen.runs.length, 1);
  }),

  rule("an error thrown by a run counts as its failure", async (world) => {
    await using inbox = await world.open(OPTIONS);
    await inbox.append(texts("a"));
    const error = new Error("A bug");
    await using seen = deliver(inbox, () => Promise.reject(error), {
      maxAttempts: 2,
    });
    await eventually("a letter", () => seen.letters.length === 1);
    assert.equal(seen.runs.length, 2);
    assert.equal(seen.letters[0]?.error, error);
  }),

  rule("waiting is not a failure", async (world) => {
    await using inbox = await world.open(OPTIONS);
    await inbox.append(texts("a"));
    let waits = 0;
    await using seen = deliver(
      inbox,
      () => ++waits < 5 ? { kind: "wait", retryAfter: 1 } : DONE,
      { maxAttempts: 1 },
    );
    await eventually("an end", () => inbox.state.waiting === 0);
    assert.equal(seen.letters.length, 0);
    assert.ok(seen.runs.every(({ failures }) => failures === 0));
  }),

  rule("concurrent runs do not exceed the limit", async (world) => {
    await using inbox = await world.open(OPTIONS);
    await inbox.append(texts(...numbered(60)));
    let current = 0;
    let most = 0;
    await using seen = deliver(inbox, async ({ failures }) => {
      most = Math.max(most, ++current);
      await sleep(1);
      current--;
      return failures === 0 ? RETRY : DONE;
    }, { concurrency: 5 });
    await eventually("all", () => seen.runs.length === 120);
    assert.ok(most <= 5, `${most}`);
  }),

  rule("stopping waits for runs, and starts no more", async (world) => {
    await using inbox = await world.open(OPTIONS);
    await inbox.append(texts(...numbered(10)));
    const gate = Promise.withResolvers<InboxVerdict>();
    const seen = deliver(inbox, () => gate.promise, { concurrency: 4 });
    await eventually("four runs", () => seen.runs.length === 4);
    let isStopped = false;
    const stopped = seen.delivery.stop(new AbortController().signal)
      .then(() => isStopped = true);
    await sleep(10);
    assert.equal(isStopped, false);
    gate.resolve(DONE);
    await stopped;
    assert.equal(seen.runs.length, 4);
    assert.equal(inbox.state.waiting, 6);
  }),

  rule("runs interrupted by stopping have not failed", async (world) => {
    {
      await using inbox = await world.open(OPTIONS);
      await inbox.append(texts("a"));
      const seen = deliver(inbox, ({ signal }) => {
        const ended = Promise.withResolvers<InboxVerdict>();
        signal.addEventListener("abort", () => ended.reject(signal.reason));
        return ended.promise;
      });
      await eventually("a run", () => seen.runs.length === 1);
      await seen.delivery.stop(AbortSignal.abort());
    }
    await using inbox = await world.open(OPTIONS);
    await using seen = deliver(inbox, () => DONE);
    await eventually("a run", () => inbox.state.waiting === 0);
    assert.deepEqual(seen.runs.map(({ failures }) => failures), [0]);
  }),

  rule("a closed inbox refuses entries", async (world) => {
    const inbox = await world.open(OPTIONS);
    await inbox[Symbol.asyncDispose]();
    await assert.rejects(
      inbox.append(texts("a")),
      { name: "InboxError", reason: "closed" },
    );
  }),

  rule("aborting the wait does not undo the append", async (world) => {
    await using inbox = await world.open(OPTIONS);
    const reason = new Error("No patience");
    const controller = new AbortController();
    const append = inbox.append(texts("a"), controller.signal);
    controller.abort(reason);
    await assert.rejects(append, reason);
    await assert.rejects(inbox.append(texts("b"), controller.signal), reason);
    await using seen = deliver(inbox, () => DONE);
    await eventually("the first", () => seen.runs.length === 1);
    assert.deepEqual(seen.textsOf(), ["a"]);
  }),

  rule("ranges hold every entry once, in order", async (world) => {
    await using inbox = await world.open(RANGES);
    const entries = numbered(100);
    for (let index = 0; index < 100; index += 10) {
      await inbox.append(texts(...entries.slice(index, index + 10)));
    }
    const read: string[] = [];
    const ids = new Set<string>();
    while (read.length < 100) {
      const options = { ...NOW, maxBytes: 150, ...patience() };
      const range = await rangesOf(inbox).next(options);
      const found = await readAll(range);
      assert.deepEqual(await readAll(range), found);
      assert.ok(found.length > 0 && found.length < 30, `${found.length}`);
      assert.match(range.id, /^[A-Za-z0-9-]{1,100}$/);
      read.push(...found);
      ids.add(range.id);
      await range.commit();
    }
    assert.deepEqual(read, entries);
    assert.ok(ids.size > 3);
  }),

  rule(
    "a range is returned again unchanged until it is committed",
    async (world) => {
      const inbox = await world.open(RANGES);
      await inbox.append(texts("a", "b"));
      const first = await rangesOf(inbox).next({ ...NOW, ...patience() });
      await inbox.append(texts("c"));
      await world.crash();
      const second = await world.open(RANGES);
      await second.append(texts("d"));
      const again = await rangesOf(second).next({ ...NOW, ...patience() });
      assert.equal(again.id, first.id);
      assert.deepEqual(await readAll(again), ["a", "b"]);
      await again.commit();
      await world.crash();
      await using third = await world.open(RANGES);
      const rest = await rangesOf(third).next({ ...NOW, ...patience() });
      assert.notEqual(rest.id, first.id);
      assert.deepEqual(await readAll(rest), ["c", "d"]);
    },
  ),

  rule(
    "a range waits for enough entries, or until the first one is old enough",
    async (world) => {
      await using inbox = await world.open(RANGES);
      const ranges = rangesOf(inbox);
      const options = { maxBytes: 100, maxAge: 86_400_000, ...patience() };
      const next = ranges.next(options);
      await inbox.append([new Uint8Array(60)]);
      await inbox.append([new Uint8Array(60)]);
      const range = await next;
      assert.equal((await readAll(range)).length, 2);
      await range.commit();
      const signal = AbortSignal.timeout(20);
      await inbox.append([new Uint8Array(60)]);
      await assert.rejects(ranges.next({ ...options, signal }), {
        name: "TimeoutError",
      });
      const old = await ranges.next({ ...options, maxAge: 10 });
      assert.equal((await readAll(old)).length, 1);
    },
  ),

  rule("the rest is what is available now, and may be empty", async (world) => {
    await using inbox = await world.open(RANGES);
    const ranges = rangesOf(inbox);
    const options = { maxBytes: 100, ...patience() };
    assert.equal(await ranges.rest(options), undefined);
    await inbox.append(texts("a", "b"));
    const range = await ranges.rest(options);
    assert.ok(range !== undefined);
    assert.deepEqual(await readAll(range), ["a", "b"]);
    await range.commit();
    assert.equal(await ranges.rest(options), undefined);
  }),

  rule(
    "recently committed entries can be read, and nothing else",
    async (world) => {
      const inbox = await world.open(RANGES);
      await inbox.append(texts("a", "b"));
      const range = await rangesOf(inbox).next({ ...NOW, ...patience() });
      await range.commit();
      await inbox.append(texts("c"));
      await rangesOf(inbox).next({ ...NOW, ...patience() });
      await inbox.append(texts("d"));
      await world.crash();
      await using again = await world.open(RANGES);
      const found: string[] = [];
      for await (const { bytes } of rangesOf(again).recent()) {
        found.push(decoder.decode(bytes));
      }
      // Some may have been removed.
      assert.deepEqual(found, ["a", "b"].slice(2 - found.length));
    },
  ),

  rule("done entries stay for the ranges", async (world) => {
    const inbox = await world.open(RANGES);
    const entries = numbered(40);
    await inbox.append(texts(...entries));
    deliver(inbox, () => DONE);
    await eventually("no wait", () => inbox.state.waiting === 0);
    await world.crash();
    await using again = await world.open(RANGES);
    const range = await rangesOf(again).next({ ...NOW, ...patience() });
    assert.deepEqual(await readAll(range), entries);
  }),
];

/**
 * The inbox and the app together, on a disk in memory.
 */

import assert from "node:assert/strict";
import { sleep } from "../../lib/core/async.ts";
import { type App, createApp } from "../../lib/core/app.ts";
import type { DeadLetter } from "../../lib/core/dead_letter.ts";
import { decodeEntry, encodeEntry } from "../../lib/core/event_inbox.ts";
import { createMemoryBudget } from "../../lib/core/memory_budget.ts";
import { RetryableError, TerminalError } from "../../lib/core/errors.ts";
import type { Handler } from "../../lib/core/on.ts";
import {
  createEventInbox,
  type RunningInbox,
} from "../../lib/inbox/event_inbox.ts";
import { createMemoryStore } from "../../lib/idempotency/memory_store.ts";
import { createPipe } from "../../lib/middleware/pipe.ts";
import { testContext, testEvent, testHandler } from "../_support/delivery.ts";
import { testConfig } from "../_support/config.ts";
import { type RecordingLogger, recordLog } from "../_support/log.ts";
import { type DiskWorld, diskWorld } from "./_disk_world.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

interface World extends AsyncDisposable {
  readonly inbox: RunningInbox;
  readonly app: App;
  readonly letters: readonly DeadLetter[];
  readonly log: RecordingLogger;
  append(...ids: readonly string[]): Promise<void>;
}

interface WorldOptions {
  readonly disk?: DiskWorld;
  readonly handle: Handler["handle"];
  readonly maxAttempts?: number;
  readonly maxAge?: number;
  readonly source?: string;
  readonly memory?: number;
}

async function openWorld(options: WorldOptions): Promise<World> {
  const { disk = diskWorld(), source = "test", maxAttempts = Infinity } =
    options;
  const letters: DeadLetter[] = [];
  const log = recordLog();
  const store = createMemoryStore();
  const pipe = createPipe({
    config: testConfig({ maxAttempts: 3 }),
    log: recordLog(),
    store,
    letters: {
      write(letter) {
        letters.push(letter);
        return Promise.resolve();
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
  });
  const handler = testHandler(options.handle);
  const app = createApp({
    handlers: [handler],
    knownTypes: handler.types,
    middleware: pipe.middleware,
    createContext: testContext,
  });
  const inbox = createEventInbox({
    inbox: await disk.open({ delays: [5, 10] }),
    app,
    memory: createMemoryBudget(options.memory ?? 2 ** 20),
    config: { inboxConcurrency: 4, inboxMaxAge: options.maxAge ?? 3_600_000 },
    maxAttempts,
    log,
  });
  const writer = inbox.register({
    source,
    costOf: (record) => record.length,
    read(record) {
      const id = decoder.decode(record);
      if (id === "gone") return undefined;
      if (id === "broken") throw new SyntaxError("no event");
      return { event: testEvent({ id }), bytes: record };
    },
  });
  return {
    inbox,
    app,
    letters,
    log,
    append: (...ids) => writer.append(ids.map((id) => encoder.encode(id))),
    async [Symbol.asyncDispose]() {
      await inbox[Symbol.asyncDispose]();
      pipe[Symbol.dispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

async function until(isSo: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!isSo()) {
    if (Date.now() > end) assert.fail("Still waiting");
    await sleep(2);
  }
}

const isEmpty = ({ state }: RunningInbox) =>
  state.waiting + state.retrying === 0;

Deno.test("an event that is written down is handled once all sources are open", async () => {
  const seen: string[] = [];
  await using world = await openWorld({
    handle: ({ id }) => void seen.push(id),
  });
  await world.append("a", "b");
  assert.deepEqual(seen, []);
  world.inbox.start();
  await until(() => isEmpty(world.inbox));
  assert.deepEqual(seen.sort(), ["a", "b"]);
});

Deno.test("a failed event is run again until it is done; a duplicate is not run", async () => {
  const runs: number[] = [];
  await using world = await openWorld({
    handle(_event, { attempt }) {
      runs.push(attempt);
      if (runs.length < 3) throw new RetryableError("later");
    },
  });
  world.inbox.start();
  await world.append("a");
  await until(() => isEmpty(world.inbox));
  await world.append("a");
  await until(() => isEmpty(world.inbox));
  assert.deepEqual(runs, [1, 2, 3]);
  assert.deepEqual(world.letters, []);
});

Deno.test("an event that is rejected, or fails as often as it may, becomes a dead letter with its bytes", async () => {
  await using world = await openWorld({
    handle({ id }) {
      if (id === "bug") throw new Error("boom");
      throw new TerminalError("never");
    },
  });
  world.inbox.start();
  await world.append("bug", "bad");
  await until(() => isEmpty(world.inbox));
  const found = world.letters.map(({ event, outcome, source, bytes }) => [
    event.id,
    outcome,
    source,
    decoder.decode(bytes),
  ]).sort();
  assert.deepEqual(found, [
    ["bad", "rejected", "test", "bad"],
    ["bug", "exhausted", "test", "bug"],
  ]);
});

Deno.test("where the app does not count, the inbox does; and what fails for too long is given up", async () => {
  for (const limits of [{ maxAttempts: 2 }, { maxAge: 1 }]) {
    await using world = await openWorld({
      ...limits,
      handle: () => {
        throw new RetryableError("down");
      },
    });
    world.inbox.start();
    await world.append("a");
    await until(() => isEmpty(world.inbox));
    assert.equal(world.letters[0]?.outcome, "exhausted");
    assert.match(String(world.letters[0]?.error), /it does not run again/);
  }
});

Deno.test("a record that is no event becomes a dead letter, one that nobody takes any more is done", async () => {
  await using world = await openWorld({ handle: () => {} });
  world.inbox.start();
  await world.append("broken", "gone");
  await until(() => isEmpty(world.inbox));
  assert.deepEqual(
    world.letters.map(({ outcome, bytes }) => [outcome, decoder.decode(bytes)]),
    [["rejected", "broken"]],
  );
});

Deno.test("an event that alone takes more memory than there is becomes a dead letter", async () => {
  await using world = await openWorld({ handle: () => {}, memory: 3 });
  world.inbox.start();
  await world.append("too large", "ok");
  await until(() => isEmpty(world.inbox));
  assert.deepEqual(
    world.letters.map(({ bytes }) => decoder.decode(bytes)),
    ["too large"],
  );
});

Deno.test("what is not handled when the service ends waits for the next start, and has not failed", async () => {
  const disk = diskWorld();
  const started = Promise.withResolvers<void>();
  {
    await using world = await openWorld({
      disk,
      maxAttempts: 1,
      handle: (_event, { signal }) => {
        started.resolve();
        return new Promise((_resolve, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason))
        );
      },
    });
    world.inbox.start();
    await world.append("a");
    await started.promise;
    await Promise.all([
      world.inbox.drain(new AbortController().signal),
      world.app.drain(1),
    ]);
    assert.deepEqual(world.letters, []);
  }
  const seen: string[] = [];
  await using world = await openWorld({
    disk,
    handle: ({ id }) => void seen.push(id),
  });
  world.inbox.start();
  await until(() => isEmpty(world.inbox));
  assert.deepEqual(seen, ["a"]);
});

Deno.test("events of a source that is switched off wait for it, and hold up no others", async () => {
  const disk = diskWorld();
  {
    await using world = await openWorld({
      disk,
      source: "other",
      handle: () => {},
    });
    await world.append("a");
  }
  const seen: string[] = [];
  {
    await using world = await openWorld({
      disk,
      handle: ({ id }) => void seen.push(id),
    });
    world.inbox.start();
    await world.append("b");
    await until(() => seen.length === 1 && world.log.lines.length === 1);
    assert.deepEqual(seen, ["b"]);
    assert.equal(world.log.lines[0]?.fields.source, "other");
  }
  await using world = await openWorld({
    disk,
    source: "other",
    handle: ({ id }) => void seen.push(id),
  });
  world.inbox.start();
  await until(() => isEmpty(world.inbox));
  assert.deepEqual(seen, ["b", "a"]);
});

Deno.test("a source takes part once", async () => {
  await using world = await openWorld({ handle: () => {} });
  assert.throws(
    () =>
      world.inbox.register({
        source: "test",
        costOf: () => 0,
        read: () => undefined,
      }),
    /"test" is registered with the inbox twice/,
  );
});

Deno.test("an entry of the inbox says whose record it is", () => {
  const record = Uint8Array.of(0, 255, 1);
  const entry = encodeEntry({ source: "webPubSub", record });
  assert.deepEqual(decodeEntry(entry), { source: "webPubSub", record });
  assert.deepEqual(decodeEntry(new Uint8Array()), {
    source: "",
    record: new Uint8Array(),
  });
});

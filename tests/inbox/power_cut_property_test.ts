import assert from "node:assert/strict";
import fc from "fast-check";
import type { Inbox, InboxDelivery } from "../../lib/core/inbox.ts";
import { sleep } from "../../lib/core/async.ts";
import { type DiskWorld, diskWorld } from "./_disk_world.ts";
import { diskFull, type Random } from "./_fake_disk.ts";
import { drain, entries, textOf } from "./_seen.ts";
import { PATIENCE } from "../_support/patience.ts";

/** What may happen to an inbox. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      batches: fc.array(fc.integer({ min: 1, max: 4 }), {
        minLength: 1,
        maxLength: 12,
      }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("deliver" as const),
      failing: fc.integer({ min: 0, max: 100 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("archive" as const) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("kill" as const, "cut" as const, "reopen" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("fault" as const),
      operation: fc.constantFrom(
        ...[
          "append",
          "write",
          "sync",
          "create",
          "syncFolder",
          "truncate",
        ] as const,
      ),
      after: fc.integer({ min: 0, max: 6 }),
      isFull: fc.boolean(),
    }),
  },
);

/** What the outside has seen of an inbox. */
class History {
  readonly appended = new Set<string>();
  readonly accepted = new Set<string>();
  readonly run = new Set<string>();
  readonly archived = new Map<string, readonly string[]>();
  #next = 0;

  names(count: number): readonly string[] {
    const names = Array.from({ length: count }, () => `entry ${this.#next++}`);
    for (const name of names) this.appended.add(name);
    return names;
  }

  ran(name: string): void {
    assert.ok(this.appended.has(name), `"${name}" was never appended`);
    this.run.add(name);
  }

  read(id: string, names: readonly string[]): void {
    const before = this.archived.get(id) ?? names;
    assert.deepEqual(names, before, "a range reads the same each time");
    this.archived.set(id, names);
  }
}

async function check(steps: readonly Step[], seed: number): Promise<void> {
  const random = generator(seed);
  await using world = diskWorld();
  const history = new History();
  let inbox = await open(world);
  for (const each of steps) {
    if (each.kind === "cut" || each.kind === "kill") {
      world.disk.fault = () => undefined;
      // Something may be on its way.
      inbox.append(entries(...history.names(2))).catch(() => {});
      for (let turns = random(12); turns > 0; turns--) await undefined;
      await world.crash();
      if (each.kind === "cut") world.disk.cutPower(random);
      inbox = await open(world);
    } else if (each.kind === "reopen") {
      world.disk.fault = () => undefined;
      await inbox[Symbol.asyncDispose]();
      inbox = await open(world);
    } else await act(inbox, world, history, each, random);
  }
  world.disk.fault = () => undefined;
  await inbox[Symbol.asyncDispose]();
  inbox = await open(world);
  while (await archive(inbox, history));
  for (const name of await drain(inbox)) history.ran(name);
  await inbox[Symbol.asyncDispose]();
  const archived = [...history.archived.values()].flat();
  assert.equal(new Set(archived).size, archived.length, "nothing twice");
  for (const name of history.accepted) {
    assert.ok(history.run.has(name), `"${name}" was not run`);
    assert.ok(archived.includes(name), `"${name}" was not archived`);
  }
}

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function open(world: DiskWorld): Promise<Inbox> {
  return world.open({ hasRanges: true, segmentBytes: 500, delays: [1, 3] });
}

async function act(
  inbox: Inbox,
  world: DiskWorld,
  history: History,
  each: Step,
  random: Random,
): Promise<void> {
  switch (each.kind) {
    case "append":
      await Promise.all(each.batches.map(async (count) => {
        const names = history.names(count);
        try {
          await inbox.append(entries(...names));
          for (const name of names) history.accepted.add(name);
        } catch (error) {
          assert.equal((error as Error).name, "InboxError");
        }
      }));
      break;
    case "archive":
      await archive(inbox, history).catch(() => {});
      break;
    case "deliver":
      await deliverAWhile(inbox, history, each.failing, random);
      break;
    case "fault": {
      let { after } = each;
      world.disk.fault = (operation) =>
        operation === each.operation && after-- === 0
          ? each.isFull ? diskFull() : new Error("Input/output error")
          : undefined;
    }
  }
}

async function archive(inbox: Inbox, history: History): Promise<boolean> {
  const signal = AbortSignal.timeout(PATIENCE);
  const range = await inbox.ranges!.rest({ maxBytes: 300, signal });
  if (range === undefined) return false;
  const names: string[] = [];
  for await (const entry of range.entries()) names.push(textOf(entry));
  history.read(range.id, names);
  await range.commit();
  return true;
}

const delivering = new WeakSet<Inbox>();

async function deliverAWhile(
  inbox: Inbox,
  history: History,
  failing: number,
  random: Random,
): Promise<void> {
  if (delivering.has(inbox)) return;
  delivering.add(inbox);
  const delivery: InboxDelivery = inbox.deliver({
    handle: async (entry) => {
      await undefined;
      if (random(100) < failing) return { kind: "retry" };
      history.ran(textOf(entry));
      return { kind: "done" };
    },
    deadLetter: () => Promise.resolve(),
    concurrency: 4,
    maxAttempts: 1_000_000,
  });
  await sleep(random(4));
  // Now and then it goes on until the process ends.
  if (random(2) === 0) await delivery.stop(AbortSignal.timeout(50));
}

/** Mulberry32: the same numbers for the same seed. */
function generator(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    const unit = ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
    return Math.floor(unit * Math.max(1, below));
  };
}

Deno.test("file inbox: loses nothing accepted and archives nothing twice, whatever the disk does", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 3, maxLength: 25 }),
      fc.integer({ min: 0, max: 2 ** 31 }),
      check,
    ),
    { numRuns: Number(Deno.env.get("INBOX_RUNS") ?? 100), endOnFailure: true },
  );
});

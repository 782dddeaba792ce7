import assert from "node:assert/strict";
import { InboxError } from "../../lib/core/inbox.ts";
import {
  InboxFolderError,
  type InboxObserver,
} from "../../lib/inbox/file_inbox.ts";
import { CursorError } from "../../lib/inbox/_cursor.ts";
import { type DiskWorld, diskWorld } from "./_disk_world.ts";
import { diskFull, type Fault } from "./_fake_disk.ts";
import { drain, entries, eventually, textOf } from "./_seen.ts";
import { PATIENCE } from "../_support/patience.ts";

const LOGS = /\/accepted\/\d+\.log$/;

/** What an inbox tells. */
function observer() {
  const seen = { failed: [] as unknown[], lost: 0, commits: [] as number[] };
  const told: InboxObserver = {
    failed: (error) => seen.failed.push(error),
    lost: (_path, count) => seen.lost += count ?? 0,
    committed: (count) => seen.commits.push(count),
  };
  return { ...told, seen };
}

/** Fails one operation on accepted entries. */
function failOnce(operation: Parameters<Fault>[0], error: Error): Fault {
  let isDone = false;
  return (each, path) => {
    if (isDone || each !== operation || !LOGS.test(path)) return undefined;
    isDone = true;
    return error;
  };
}

function logsOf({ disk }: DiskWorld): readonly string[] {
  return disk.paths.filter((path) => LOGS.test(path));
}

const IO_ERROR = new Error("Input/output error (os error 5)");

Deno.test("file inbox: what is appended at the same time shares one commit", async () => {
  await using world = diskWorld();
  const told = observer();
  await using inbox = await world.open({ observer: told });
  await Promise.all(
    Array.from({ length: 50 }, (_, index) => inbox.append(entries(`${index}`))),
  );
  assert.deepEqual(told.seen.commits, [50]);
});

Deno.test("file inbox: a failed sync refuses what was being written, and ends the segment", async () => {
  await using world = diskWorld();
  const told = observer();
  const inbox = await world.open({ observer: told });
  await inbox.append(entries("before"));
  world.disk.fault = failOnce("sync", IO_ERROR);
  const during = ["a", "b"].map((text) => inbox.append(entries(text)));
  for (const result of await Promise.allSettled(during)) {
    assert.ok(result.status === "rejected");
    assert.ok(result.reason instanceof InboxError);
    assert.equal(result.reason.reason, "failed");
    assert.equal(result.reason.cause, IO_ERROR);
  }
  await inbox.append(entries("after"));
  assert.equal(logsOf(world).length, 2);
  // The pages of a failed sync never reach the disk, whatever later syncs say.
  await world.crash();
  world.disk.cutPower(() => 0);
  await using again = await world.open({ observer: told });
  const found = await drain(again);
  assert.deepEqual(found.filter((text) => text.length > 1).sort(), [
    "after",
    "before",
  ]);
});

Deno.test("file inbox: what a failed sync refused is not run, as far as it can be undone", async () => {
  await using world = diskWorld();
  const inbox = await world.open();
  await inbox.append(entries("before"));
  world.disk.fault = failOnce("sync", IO_ERROR);
  await assert.rejects(inbox.append(entries("refused")));
  await world.crash();
  await using again = await world.open();
  assert.deepEqual(await drain(again), ["before"]);
});

Deno.test("file inbox: a full disk is a full inbox, until there is room", async () => {
  await using world = diskWorld();
  await using inbox = await world.open();
  await inbox.append(entries("before"));
  const faults: readonly Fault[] = [
    (each) => each === "append" ? diskFull() : undefined,
    (each) => each === "create" ? diskFull() : undefined,
    (each) => each === "sync" ? diskFull() : undefined,
    // There is room for the beginning of a segment, and for no more.
    (each, path) =>
      each === "append" && world.disk.bytesOf(path).length > 0
        ? diskFull()
        : undefined,
  ];
  for (const fault of faults) {
    world.disk.fault = (each, path) =>
      LOGS.test(path) ? fault(each, path) : undefined;
    for (let time = 0; time < 3; time++) {
      await assert.rejects(inbox.append(entries("refused")), {
        name: "InboxError",
        reason: "full",
      });
    }
  }
  world.disk.fault = () => undefined;
  assert.equal(logsOf(world).length, 1);
  await inbox.append(entries("after"));
  assert.deepEqual([...await drain(inbox)].sort(), ["after", "before"]);
});

Deno.test("file inbox: handles what it has while the disk takes nothing", async () => {
  await using world = diskWorld();
  await using inbox = await world.open({ observer: observer() });
  await inbox.append(entries("a", "b", "c"));
  const isWrite = new Set(["append", "sync", "create", "truncate"]);
  world.disk.fault = (each) => isWrite.has(each) ? diskFull() : undefined;
  assert.deepEqual([...await drain(inbox)].sort(), ["a", "b", "c"]);
});

Deno.test("file inbox: an entry that failed is not lost when it cannot be written down", async () => {
  await using world = diskWorld();
  await using inbox = await world.open({ observer: observer() });
  await inbox.append(entries("a"));
  let failures = 0;
  world.disk.fault = (each, path) =>
    each === "append" && path.includes("/failed-") && failures++ < 1
      ? diskFull()
      : undefined;
  let runs = 0;
  const found = await drain(inbox, {
    verdict: () => ++runs < 3 ? { kind: "retry" } : { kind: "done" },
  });
  assert.deepEqual(found, ["a", "a", "a"]);
  assert.ok(failures > 1);
});

Deno.test("file inbox: what cannot be read is read again", async () => {
  await using world = diskWorld();
  const told = observer();
  await using inbox = await world.open({ observer: told });
  await inbox.append(entries("a"));
  world.disk.fault = failOnce("read", IO_ERROR);
  assert.deepEqual(await drain(inbox), ["a"]);
  assert.deepEqual(told.seen.failed, [IO_ERROR]);
});

Deno.test("file inbox: a folder has one owner", async () => {
  await using world = diskWorld();
  {
    await using _inbox = await world.open();
    await assert.rejects(world.open(), InboxFolderError);
  }
  await using _again = await world.open();
});

Deno.test("file inbox: a torn tail was never accepted, and does not hide what follows", async () => {
  await using world = diskWorld();
  const inbox = await world.open();
  await inbox.append(entries("a", "b"));
  await world.crash();
  const [path = ""] = logsOf(world);
  const whole = world.disk.bytesOf(path);
  for (let length = 40; length < whole.length; length += 7) {
    const torn = whole.slice(0, length);
    for (const tail of [torn, grown(torn, 0), grown(torn, 255)]) {
      await using other = diskWorld();
      await (await other.open()).append(entries("a", "b"));
      await other.crash();
      other.disk.overwrite(logsOf(other)[0] ?? "", tail);
      const told = observer();
      const again = await other.open({ observer: told });
      assert.equal(again.state.waiting, 0);
      await again.append(entries("c"));
      await other.crash();
      await using last = await other.open({ observer: told });
      assert.deepEqual(await drain(last), ["c"]);
      assert.equal(told.seen.lost, 0);
    }
  }
});

function grown(bytes: Uint8Array, value: number): Uint8Array {
  const longer = new Uint8Array(bytes.length + 100).fill(value);
  longer.set(bytes);
  return longer;
}

Deno.test("file inbox: a change in the middle of a file costs the entries it is in, and is told", async () => {
  for (const isLast of [true, false]) {
    await using world = diskWorld();
    const inbox = await world.open();
    for (const text of ["one", "two", "three"]) {
      await inbox.append(entries(text));
    }
    await world.crash();
    if (!isLast) {
      await (await world.open()).append(entries("four"));
      await world.crash();
    }
    const [path = ""] = logsOf(world);
    const bytes = world.disk.bytesOf(path).slice();
    const place = new TextDecoder("latin1").decode(bytes).indexOf("two");
    bytes[place] = 0;
    world.disk.overwrite(path, bytes);
    const told = observer();
    await using again = await world.open({ observer: told });
    const found = [...await drain(again)].sort();
    assert.deepEqual(
      found,
      isLast ? ["one", "three"] : ["four", "one", "three"],
    );
    assert.equal(told.seen.lost, 1);
  }
});

Deno.test("file inbox: a segment without a header is told of, and kept for a person to look at", async () => {
  await using world = diskWorld();
  const inbox = await world.open({ segmentBytes: 100 });
  for (const text of ["one", "two", "three"]) {
    await inbox.append(entries(text.padEnd(100)));
  }
  await world.crash();
  const [, path = ""] = logsOf(world);
  const bytes = world.disk.bytesOf(path).slice();
  bytes[0] = 0;
  world.disk.overwrite(path, bytes);
  const told = observer();
  await using again = await world.open({ observer: told });
  const found = (await drain(again)).map((text) => text.trim());
  assert.deepEqual([...found].sort(), ["one", "three"]);
  assert.equal(told.seen.lost, 1);
  assert.deepEqual(world.disk.bytesOf(`${path}.unreadable`), bytes);
});

Deno.test("file inbox: entries that the disk lost give their place to nobody", async () => {
  await using world = diskWorld();
  const inbox = await world.open({ hasRanges: true });
  await inbox.append(entries("lost"));
  const options = {
    maxBytes: 1,
    maxAge: 0,
    signal: AbortSignal.timeout(PATIENCE),
  };
  const range = await inbox.ranges!.next(options);
  await range.commit();
  await world.crash();
  const [path = ""] = logsOf(world);
  world.disk.overwrite(path, world.disk.bytesOf(path).slice(0, 40));
  await using again = await world.open({ hasRanges: true });
  await again.append(entries("new"));
  const next = await again.ranges!.next(options);
  assert.notEqual(next.id, range.id);
  const found: string[] = [];
  for await (const entry of next.entries()) found.push(textOf(entry));
  assert.deepEqual(found, ["new"]);
});

Deno.test("file inbox: what says which entries are done is not believed about others", async () => {
  await using world = diskWorld();
  const inbox = await world.open();
  await inbox.append(entries("a", "b"));
  await inbox.append(entries("lost"));
  const gate = Promise.withResolvers<void>();
  inbox.deliver({
    handle: async (entry) => {
      if (textOf(entry) !== "lost") await gate.promise;
      return { kind: "done" };
    },
    deadLetter: () => Promise.resolve(),
    concurrency: 3,
    maxAttempts: 1,
  });
  await eventually("one to be done", () => inbox.state.waiting === 2);
  await eventually(
    "a file that says so",
    () => world.disk.paths.some((path) => path.endsWith(".done")),
  );
  await world.crash();
  gate.resolve();
  const [path = ""] = logsOf(world);
  const bytes = world.disk.bytesOf(path);
  const place = new TextDecoder("latin1").decode(bytes).indexOf("lost");
  world.disk.overwrite(path, bytes.slice(0, place));
  await using again = await world.open();
  await again.append(entries("c"));
  assert.equal(again.state.waiting, 3);
  assert.deepEqual([...await drain(again)].sort(), ["a", "b", "c"]);
});

Deno.test("file inbox: files go when handlers and archive are done with them", async () => {
  await using world = diskWorld();
  const options = { hasRanges: true, segmentBytes: 200 };
  await using inbox = await world.open(options);
  for (let index = 0; index < 50; index++) {
    await inbox.append(entries(`${index}`.padEnd(100)));
  }
  const written = logsOf(world).length;
  assert.ok(written > 20);
  await drain(inbox);
  assert.equal(logsOf(world).length, written);
  const next = {
    maxBytes: 2 ** 20,
    maxAge: 0,
    signal: AbortSignal.timeout(PATIENCE),
  };
  await (await inbox.ranges!.next(next)).commit();
  await eventually("one file", () => logsOf(world).length === 1);
  assert.ok(inbox.state.bytes < 1_000, `${inbox.state.bytes}`);
});

Deno.test("file inbox: committed entries are kept for a while, and less long when it is half full", async () => {
  await using world = diskWorld();
  const options = {
    ...{ hasRanges: true, keepTime: 86_400_000 },
    ...{ segmentBytes: 200, maxBytes: 20_000 },
  };
  const next = {
    maxBytes: 2 ** 20,
    maxAge: 0,
    signal: AbortSignal.timeout(PATIENCE),
  };
  {
    await using inbox = await world.open(options);
    await inbox.append(entries(..."abc"));
    await inbox.append(entries("x".repeat(200)));
    await inbox.append(entries("d"));
    await drain(inbox);
    await (await inbox.ranges!.next(next)).commit();
  }
  await using inbox = await world.open(options);
  const texts: string[] = [];
  for await (const entry of inbox.ranges!.recent()) texts.push(textOf(entry));
  assert.deepEqual(texts.filter((text) => text.length === 1), [..."abcd"]);
  const kept = logsOf(world).length;
  for (let index = 0; index < 80; index++) {
    await inbox.append(entries(`${index}`.padEnd(100)));
  }
  await drain(inbox);
  assert.ok(logsOf(world).length > kept);
  await (await inbox.ranges!.next(next)).commit();
  await eventually("one file", () => logsOf(world).length === 1);
});

Deno.test("file inbox: one entry that fails for long keeps no file of accepted ones", async () => {
  await using world = diskWorld();
  const delays = [86_400_000];
  await using inbox = await world.open({ segmentBytes: 200, delays });
  for (let index = 0; index < 50; index++) {
    await inbox.append(entries(`${index}`.padEnd(100)));
  }
  inbox.deliver({
    handle: (entry) =>
      Promise.resolve({
        kind: textOf(entry).startsWith("7 ") ? "retry" : "done",
      }),
    deadLetter: () => Promise.resolve(),
    concurrency: 4,
    maxAttempts: 10,
  });
  await eventually("one file", () => logsOf(world).length === 1);
  assert.equal(inbox.state.retrying, 1);
});

Deno.test("file inbox: longer waits of an earlier start are not forgotten", async () => {
  await using world = diskWorld();
  const inbox = await world.open({ delays: [1, 86_400_000] });
  await inbox.append(entries("a"));
  inbox.deliver({
    handle: () => Promise.resolve({ kind: "retry", retryAfter: 2 }),
    deadLetter: () => Promise.resolve(),
    concurrency: 1,
    maxAttempts: 10,
  });
  await eventually("a failure", () => inbox.state.retrying === 1);
  await world.crash();
  // No wait is longer than the longest that there is now.
  await using again = await world.open({ delays: [1] });
  assert.equal(again.state.retrying, 1);
  assert.deepEqual(await drain(again), ["a"]);
});

Deno.test("file inbox: a damaged file of the archive's place stops the start, with words", async () => {
  for (const text of ["{", "x".repeat(64), "x".repeat(128)]) {
    await using world = diskWorld();
    const inbox = await world.open({ hasRanges: true });
    await inbox.append(entries("a"));
    const next = {
      maxBytes: 1,
      maxAge: 0,
      signal: AbortSignal.timeout(PATIENCE),
    };
    await inbox.ranges!.next(next);
    await inbox[Symbol.asyncDispose]();
    world.disk.overwrite(
      "/inbox/ranges.cursor",
      new TextEncoder().encode(text),
    );
    await assert.rejects(world.open({ hasRanges: true }), CursorError);
  }
});

Deno.test("file inbox: more than fits in one append is refused as such", async () => {
  await using world = diskWorld();
  await using inbox = await world.open({ maxBytes: 2 ** 30 });
  await assert.rejects(inbox.append([new Uint8Array(2 ** 24)]), RangeError);
  assert.equal(inbox.state.waiting, 0);
});

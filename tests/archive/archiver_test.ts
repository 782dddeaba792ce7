import assert from "node:assert/strict";
import { createArchive } from "../../lib/archive/archive.ts";
import { startArchiver } from "../../lib/archive/archiver.ts";
import type { Inbox } from "../../lib/core/inbox.ts";
import { diskWorld } from "../inbox/_disk_world.ts";
import { entries, eventually } from "../inbox/_seen.ts";
import { memoryTarget } from "./_memory_target.ts";
import { clientEvent } from "./_range.ts";

const FOREVER = new AbortController().signal;

function append(inbox: Inbox, type: string): Promise<void> {
  return inbox.append(entries(JSON.stringify(clientEvent(type))));
}

Deno.test("archiver: archives what is enough or old enough, and then the rest", async () => {
  await using world = diskWorld();
  await using inbox = await world.open({ hasRanges: true });
  const target = memoryTarget();
  const archiver = startArchiver({
    ranges: inbox.ranges!,
    archive: createArchive({ target }),
    maxBytes: 300,
    maxAge: 86_400_000,
  });
  for (let index = 0; index < 10; index++) await append(inbox, "a");
  await eventually("full ranges", () => target.objects.size >= 2);
  await append(inbox, "last");
  await archiver.drain(FOREVER);
  const lines = target.lines();
  assert.equal(lines["a/2/"]?.length, 10);
  assert.equal(lines["last/2/"]?.length, 1);
});

Deno.test("archiver: tries again until the target takes the range, and nothing is there twice", async () => {
  await using world = diskWorld();
  await using inbox = await world.open({ hasRanges: true });
  const target = memoryTarget();
  target.failures = 1;
  const failures: unknown[] = [];
  let archived = 0;
  await using _archiver = startArchiver({
    ranges: inbox.ranges!,
    archive: createArchive({ target }),
    maxAge: 0,
    observer: {
      failed: (error) => failures.push(error),
      archived: ({ events }) => archived += events,
    },
  });
  for (const type of ["a", "b", "c"]) await append(inbox, type);
  await eventually("all", () => archived === 3);
  assert.equal(failures.length, 1);
  assert.equal(target.lines()["a/2/"]?.length, 1);
});

Deno.test("archiver: a crash between the objects and the inbox's word makes no event double", async () => {
  await using world = diskWorld();
  const target = memoryTarget();
  const archive = createArchive({ target });
  for (let crash = 0; crash < 5; crash++) {
    const inbox = await world.open({ hasRanges: true });
    await append(inbox, "a");
    const range = await inbox.ranges!.next({
      maxBytes: 1_000,
      maxAge: 0,
      signal: FOREVER,
    });
    await archive.write(range, FOREVER);
    await world.crash();
  }
  await using inbox = await world.open({ hasRanges: true });
  const options = { ranges: inbox.ranges!, archive };
  await startArchiver(options).drain(FOREVER);
  assert.equal(target.lines()["a/2/"]?.length, 5);
  assert.equal(target.objects.size, 2);
});

Deno.test("archiver: draining ends with its patience", async () => {
  await using world = diskWorld();
  await using inbox = await world.open({ hasRanges: true });
  await append(inbox, "a");
  const target = memoryTarget();
  target.failures = Infinity;
  const archiver = startArchiver({
    ranges: inbox.ranges!,
    archive: createArchive({ target }),
  });
  await archiver.drain(AbortSignal.timeout(20));
  assert.equal(target.objects.size, 0);
});

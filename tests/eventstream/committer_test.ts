import assert from "node:assert/strict";
import {
  type CommitterOptions,
  createCommitter,
} from "../../lib/eventstream/committer.ts";
import { safeObserver } from "../../lib/eventstream/observer.ts";
import type { Position } from "../../lib/eventstream/port.ts";
import { fakeTime } from "../_support/fake_time.ts";
import { recordLog } from "../_support/log.ts";
import { TOPIC } from "./_records.ts";

function start(options: Partial<CommitterOptions> = {}) {
  const done = new Map<number, bigint>();
  const commits: string[] = [];
  const state = { isOpen: true };
  const committer = createCommitter({
    groupId: "g",
    interval: 100,
    positions: () =>
      [...done].map(([partition, offset]) => ({
        topic: TOPIC,
        partition,
        offset,
      })),
    isOpen: () => state.isOpen,
    commit(positions) {
      commits.push(show(positions));
      return Promise.resolve();
    },
    observer: safeObserver(),
    log: recordLog(),
    ...options,
  });
  return { committer, done, commits, state };
}

function show(positions: readonly Position[]): string {
  return positions.map(({ partition, offset }) => `${partition}@${offset}`)
    .join();
}

Deno.test("what is done with is committed after a while, all at once, and once", async () => {
  using time = fakeTime();
  const { committer, done, commits } = start();
  done.set(0, 5n).set(1, 7n);
  committer.touch();
  committer.touch();
  await time.advance(99);
  assert.deepEqual(commits, []);
  await time.advance(1);
  assert.deepEqual(commits, ["0@5,1@7"]);
  done.set(1, 8n);
  committer.touch();
  await time.advance(100);
  committer.touch();
  await time.advance(100);
  assert.deepEqual(commits, ["0@5,1@7", "1@8"]);
});

Deno.test("where a partition began is not committed again", async () => {
  const { committer, done, commits } = start();
  committer.start({ topic: TOPIC, partition: 0, offset: 5n });
  done.set(0, 5n);
  await committer.flush();
  assert.deepEqual(commits, []);
  done.set(0, 6n);
  await committer.flush();
  assert.deepEqual(commits, ["0@6"]);
});

Deno.test("nothing is committed while the assignment is not settled, unless it must", async () => {
  const { committer, done, commits, state } = start();
  done.set(0, 1n);
  state.isOpen = false;
  await committer.flush();
  assert.deepEqual(commits, []);
  await committer.flush({ force: true });
  assert.deepEqual(commits, ["0@1"]);
});

Deno.test("a commit that fails is made again, with what is done by then", async () => {
  using time = fakeTime();
  let calls = 0;
  const commits: string[] = [];
  const { committer, done } = start({
    commit(positions) {
      commits.push(show(positions));
      return ++calls === 1
        ? Promise.reject(new Error("Rebalance"))
        : Promise.resolve();
    },
  });
  done.set(0, 1n);
  await committer.flush();
  done.set(0, 2n);
  await time.advance(100);
  assert.deepEqual(commits, ["0@1", "0@2"]);
});

Deno.test("one commit is made at a time", async () => {
  const first = Promise.withResolvers<void>();
  const commits: string[] = [];
  const { committer, done } = start({
    commit(positions) {
      commits.push(show(positions));
      return commits.length === 1 ? first.promise : Promise.resolve();
    },
  });
  done.set(0, 1n);
  const flushed = committer.flush();
  done.set(0, 2n);
  const again = committer.flush();
  assert.deepEqual(commits, ["0@1"]);
  first.resolve();
  await flushed;
  await again;
  assert.deepEqual(commits, ["0@1", "0@2"]);
});

Deno.test("a commit that is asked for begins at once", () => {
  const { committer, done, commits } = start();
  done.set(0, 1n);
  committer.flush({ force: true });
  assert.deepEqual(commits, ["0@1"]);
});

Deno.test("a committer that is stopped sets no timer", () => {
  using time = fakeTime();
  const { committer } = start();
  committer.touch();
  committer.stop();
  committer.touch();
  assert.equal(time.pending, 0);
});

/**
 * What events hold in memory, at a process of its own with the flags of
 * `deno task start`, in a group of 256 MB as a container is one.
 */

import assert from "node:assert/strict";
import { memoryGroup } from "./_support/memory_group.ts";
import { PROGRAM, UNLINKED_PATH, unlinkedBytes } from "./_support/unlinked.ts";
import { agsId } from "./conformance/_events.ts";
import { peakMegabytes } from "./conformance/_memory.ts";
import { startSource } from "./conformance/_source.ts";
import { startWorld, type World } from "./conformance/_world.ts";
import { type Answer, call } from "./grpc/_grpc.ts";
import { PATIENCE } from "./_support/patience.ts";

/** What the process may take in memory, in MB, and its container has. */
const MAX_MEMORY = 256;

/** Calls at once. */
const CALLS = 8;

interface Pressed {
  readonly world: World;
  /** Sends so many events at once, with lists of this length, as the namespace's own. */
  send(calls: number, accounts: number): readonly Promise<Answer>[];
}

async function underPressure(
  run: (pressed: Pressed) => Promise<void>,
): Promise<void> {
  using group = memoryGroup(MAX_MEMORY);
  await using world = await startWorld({
    name: "source",
    startTarget: (options) => startSource(options, PROGRAM),
    readsEnvFile: false,
    knownLeak: 0,
    canPing: true,
    sendsOtlp: true,
  }, { hasGate: true, group });
  const { target, channel, emulator: { namespace } } = world;
  await run({
    world,
    send: (calls, accounts) =>
      Array.from({ length: calls }, () =>
        call(
          channel.client,
          UNLINKED_PATH,
          unlinkedBytes({ namespace, userId: agsId(), accounts }),
          { timeout: PATIENCE },
        )),
  });
  const peak = await peakMegabytes(target.pid);
  assert.ok(peak < MAX_MEMORY, `${peak} MB`);
}

const ignore = Deno.build.os !== "linux";

Deno.test({
  name:
    "Eight events of 498 kB whose lists would take all memory are dead letters, and the next one is handled",
  ignore,
  fn: () =>
    underPressure(async ({ world, send }) => {
      for (let round = 0; round < 3; round++) {
        for (const { status } of await Promise.all(send(CALLS, 249_000))) {
          assert.equal(status, "INVALID_ARGUMENT");
        }
      }
      const { error, outcome } = await world.target.logged(({ outcome }) =>
        outcome === "rejected"
      );
      assert.equal(outcome, "rejected");
      assert.match(
        JSON.stringify(error),
        /would take \d+ bytes of memory: expected at most 33554432, EVENT_MEMORY_BYTES/,
      );
      world.gate?.open();
      const [answer] = await Promise.all(send(1, 5));
      assert.equal(answer?.status, "OK");
    }),
});

Deno.test({
  name:
    "Events that together would take more memory than there is are answered RESOURCE_EXHAUSTED until others are done",
  ignore,
  fn: () =>
    underPressure(async ({ world, send }) => {
      const { gate } = world;
      // Each takes almost half of it.
      const accounts = 90_000;
      const held = send(2, accounts);
      await gate?.holds(2);
      for (const { status } of await Promise.all(send(CALLS, accounts))) {
        assert.equal(status, "RESOURCE_EXHAUSTED");
      }
      const { outcome } = await world.target.logged(({ outcome }) =>
        outcome === "overloaded"
      );
      assert.equal(outcome, "overloaded");
      gate?.open();
      for (const { status } of await Promise.all(held)) {
        assert.equal(status, "OK");
      }
      for (let round = 0; round < 10; round++) {
        const [{ status } = assert.fail()] = await Promise.all(
          send(1, accounts),
        );
        assert.equal(status, "OK");
      }
    }),
});

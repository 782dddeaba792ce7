/**
 * Rules of standard output that nobody reads, that is closed, or that is full: nothing
 * waits for it, and what must not be lost is not answered as if it were kept.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Target } from "./_target.ts";
import { startWorld, type Suite, type World } from "./_world.ts";
import { PATIENCE } from "../_support/patience.ts";

/** An id that makes the event's log line longer than pipes are. */
const longId = () => `${crypto.randomUUID()} `.repeat(1_000);

/** Events whose lines are more than what waits at most. */
const MANY = 250;

const BROKEN = new Uint8Array([0x0a, 0xff]);

/** How much time it may take until a dead letter is known not to be kept. */
const LETTER_TIMEOUT = PATIENCE;

/** Sends as many events, some at a time. Each has to be answered OK. */
async function sendMany({ send }: World, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += 10) {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => send({ id: longId() })),
    );
    for (const { status } of answers) assert.equal(status, "OK");
  }
}

async function dropped({ metricsPort }: Target): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
  const text = await response.text();
  return Number(/^log_lines_dropped_total (\d+)$/m.exec(text)?.[1]);
}

async function assertAlive({ metricsPort }: Target): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${metricsPort}/livez`);
  assert.equal(await response.text(), "ok\n");
}

/** Registers the rules. */
export function outputRules(suite: Suite): void {
  Deno.test(`${suite.name}: standard output that nobody reads holds up no event, and what is missing is counted`, async () => {
    await using world = await startWorld(suite, { isUnread: true });
    const { target } = world;
    await sendMany(world, MANY);
    await assertAlive(target);
    const missing = await dropped(target);
    assert.ok(missing > 0, "lines were dropped");
    target.readStdout();
    const record = await target.logged(({ message }) =>
      message === "Log lines were dropped"
    );
    assert.equal(record["level"], "warn");
    assert.equal(record["lines"], missing);
    assert.equal((await world.send({ id: "afterwards" })).status, "OK");
    await target.logged(({ eventId }) => eventId === "afterwards");
    assert.equal(await dropped(target), missing);
    target.signal("SIGTERM");
    assert.equal((await target.exited).code, 0);
    for (const line of target.stdout) JSON.parse(line);
    const handled = target.stdout.filter((line) => /Event handled/.test(line));
    assert.equal(handled.length, MANY + 1 - missing);
  });

  Deno.test(`${suite.name}: with standard output that nobody reads it drains and exits with 0 all the same`, async () => {
    await using world = await startWorld(suite, { isUnread: true });
    const { target } = world;
    await sendMany(world, 10);
    target.signal("SIGTERM");
    assert.deepEqual(await target.exited, { code: 0, signal: null });
  });

  Deno.test(`${suite.name}: standard output that is closed ends neither events nor the process`, async () => {
    await using world = await startWorld(suite, { isUnread: true });
    const { target } = world;
    await target.closeStdout();
    await sendMany(world, 20);
    await assertAlive(target);
    target.signal("SIGTERM");
    assert.deepEqual(await target.exited, { code: 0, signal: null });
  });

  for (
    const [what, options] of [
      ["nobody reads", { isUnread: true }],
      ["was closed at start", { redirection: ">&-" }],
      ["is the null device", { redirection: ">/dev/null" }],
      ["is full", { redirection: ">/dev/full" }],
    ] as const
  ) {
    if (Deno.build.os !== "linux" && "redirection" in options) continue;
    Deno.test(`${suite.name}: a dead letter in the log, where standard output ${what}, is answered UNAVAILABLE`, async () => {
      await using world = await startWorld(suite, {
        env: { DEAD_LETTER: "log" },
        ...options,
      });
      // More than the pipe itself holds.
      if ("isUnread" in options) await sendMany(world, 10);
      const { status } = await world.send({
        bytes: BROKEN,
        timeout: LETTER_TIMEOUT,
      });
      assert.equal(status, "UNAVAILABLE");
      await assertAlive(world.target);
    });
  }

  Deno.test(`${suite.name}: a dead letter in the log is answered UNAVAILABLE once standard output is closed`, async () => {
    await using world = await startWorld(suite, {
      env: { DEAD_LETTER: "log" },
      isUnread: true,
    });
    const { target, send } = world;
    assert.equal((await send({ bytes: BROKEN })).status, "INVALID_ARGUMENT");
    await target.closeStdout();
    // Another one: what was given up before is a duplicate.
    const bytes = new Uint8Array([0x0a, 0xfe]);
    assert.equal((await send({ bytes })).status, "UNAVAILABLE");
  });
}

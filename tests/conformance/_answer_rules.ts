/**
 * Rules of answers that want the process's memory: whatever AGS answers to all events
 * that are handled at once, the process lives, and events get through afterwards.
 *
 * @module
 */

import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { memoryGroup } from "../_support/memory_group.ts";
import { agsId } from "./_events.ts";
import { startFront } from "./_front.ts";
import { peakMegabytes } from "./_memory.ts";
import { startWorld, type Suite, type World } from "./_world.ts";
import { PATIENCE } from "../_support/patience.ts";

const MEGABYTE = 1_048_576;

/** What the process's container has, in MB. */
const MAX_MEMORY = 256;

/**
 * What it may have had at its worst, in MB, where nobody may make a container. The
 * program's own file, which a container gives back when it has to, counts here.
 */
const MAX_PEAK = 300;

/** The default `MAX_CONCURRENCY`. */
const CONCURRENCY = 256;

/** What the path of a grant ends with. */
const GRANT = "/fulfillment";

/** An answer that wants memory. */
interface Attack {
  readonly status?: number;
  readonly isZipped?: boolean;
  readonly body: () => Uint8Array<ArrayBuffer>;
}

/** Each body is made once: what is tried is the service's memory, not the test's. */
const ATTACKS: Readonly<Record<string, Attack>> = {
  "4 MB of lists in each other": {
    body: once(() => utf8("[".repeat(2e6) + "]".repeat(2e6))),
  },
  "lists that take as much as an answer may": {
    body: once(() => utf8(`[${Array(82_000).fill("[]").join()}]`)),
  },
  "objects that take as much, for all of them differ": {
    body: once(() =>
      utf8(
        `[${Array.from({ length: 32_000 }, (_, at) => `{"k${at}":1}`).join()}]`,
      )
    ),
  },
  "2 MB of text, all of it wide": {
    body: once(() => utf8(JSON.stringify("ж".repeat(0.9 * MEGABYTE)))),
  },
  "64 MB as 64 kB of gzip": { isZipped: true, body: once(bomb) },
  "refusals of 64 MB as 64 kB of gzip": {
    status: 400,
    isZipped: true,
    body: once(bomb),
  },
};

/** Registers the rules. */
export function answerRules(suite: Suite): void {
  Deno.test({
    name:
      `${suite.name}: answers of AGS that want its memory, to ${CONCURRENCY} events at once, do not get it`,
    ignore: Deno.build.os !== "linux",
    fn: async (test) => {
      for (const [what, attack] of Object.entries(ATTACKS)) {
        await test.step({
          name: what,
          sanitizeOps: false,
          sanitizeResources: false,
          fn: () => survives(suite, attack),
        });
      }
    },
  });
}

async function survives(
  suite: Suite,
  { status = 200, isZipped = false, body }: Attack,
): Promise<void> {
  // Disposed of last: the process has to have ended.
  using group = memoryGroup(MAX_MEMORY);
  await using front = startFront();
  await using world = await startWorld(suite, {
    env: { AB_BASE_URL: front.url, LOG_LEVEL: "error", HANDLER_TIMEOUT: "20s" },
    group,
  });
  front.leadsTo = world.emulator.url;
  await sendsOne(world);
  const encoding = isZipped ? { "content-encoding": "gzip" } : undefined;
  const headers = { "content-type": "application/json", ...encoding };
  front.answer(GRANT, () => new Response(body(), { status, headers }));
  const answers = await Promise.all(
    Array.from({ length: CONCURRENCY }, () => send(world)),
  );
  assert.ok(!answers.includes("OK"), answers.join());
  front.answer(GRANT, undefined);
  await sendsOne(world);
  const { pid } = world.target;
  const peak = await peakMegabytes(pid);
  assert.ok(peak < MAX_PEAK, `${peak} MB`);
}

/** Sends an event that nobody else has; how it was answered. */
async function send(world: World): Promise<string> {
  const { status } = await world.send({ userId: agsId(), timeout: PATIENCE });
  return status;
}

/** Sends events until one gets through. */
async function sendsOne(world: World): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE);
  while (await send(world) !== "OK") {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function once(
  make: () => Uint8Array<ArrayBuffer>,
): () => Uint8Array<ArrayBuffer> {
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  return () => bytes ??= make();
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function bomb(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(new Uint8Array(64 * MEGABYTE).fill(0x20)));
}

/**
 * Measures the inbox: `deno run -A bench/inbox/main.ts [--entries 1000000] [--folder
 * <folder>]`.
 *
 * Entries of 325 bytes, ten an append, as game clients send them.
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Inbox } from "../../lib/core/inbox.ts";
import { openFileInbox } from "../../lib/inbox/file_inbox.ts";
import { parseMemory } from "../proc.ts";

/** How many entries an append has. */
const BATCH = 10;
const ENTRY_BYTES = 325;
const MEGABYTE = 1_000_000;
/** How long each number of callers is measured, in milliseconds. */
const TIME = 3_000;

const { values } = parseArgs({
  options: {
    entries: { type: "string", default: "1000000" },
    folder: { type: "string" },
  },
});
const count = Number(values.entries);
const folder = await Deno.makeTempDir({
  ...(values.folder !== undefined && { dir: values.folder }),
  prefix: "inbox-",
});
const batch = Array.from(
  { length: BATCH },
  () => crypto.getRandomValues(new Uint8Array(ENTRY_BYTES)),
);

/** Peak and current memory of this process, in megabytes. */
function memory(): string {
  const status = Deno.readTextFileSync("/proc/self/status");
  const of = (name: "VmRSS" | "VmHWM") =>
    (parseMemory(status, name) / MEGABYTE).toFixed(0);
  return `${of("VmRSS")} MB, at most ${of("VmHWM")} MB`;
}

function say(text: string): void {
  // deno-lint-ignore no-console -- a benchmark's output
  console.log(text);
}

function open(name: string): Promise<Inbox> {
  return openFileInbox({ folder: join(folder, name), maxBytes: 2 ** 34 });
}

async function appendFor(inbox: Inbox, callers: number): Promise<number> {
  const end = performance.now() + TIME;
  let appended = 0;
  await Promise.all(Array.from({ length: callers }, async () => {
    while (performance.now() < end) {
      await inbox.append(batch);
      appended += BATCH;
    }
  }));
  return appended;
}

async function measureAppends(): Promise<void> {
  for (const callers of [1, 16, 64, 256]) {
    await using inbox = await open(`append-${callers}`);
    const start = performance.now();
    const appended = await appendFor(inbox, callers);
    const rate = appended / (performance.now() - start) * 1_000;
    say(`append, ${callers} callers: ${Math.round(rate)} entries/s`);
  }
}

async function measureRecovery(): Promise<void> {
  {
    await using inbox = await open("recovery");
    await Promise.all(Array.from({ length: 64 }, async (_, index) => {
      for (let left = index; left < count / BATCH; left += 64) {
        await inbox.append(batch);
      }
    }));
  }
  say(`${count} entries written; memory ${memory()}`);
  const start = performance.now();
  await using inbox = await open("recovery");
  const opened = performance.now();
  const { waiting, bytes } = inbox.state;
  say(
    `open with ${waiting} waiting (${Math.round(bytes / MEGABYTE)} MB): ` +
      `${(opened - start).toFixed(0)} ms; memory ${memory()}`,
  );
  let handled = 0;
  const all = Promise.withResolvers<void>();
  let first = 0;
  await using _delivery = inbox.deliver({
    handle: () => {
      if (handled++ === 0) first = performance.now();
      if (handled === waiting) all.resolve();
      return Promise.resolve({ kind: "done" });
    },
    deadLetter: () => Promise.resolve(),
    concurrency: 100,
    maxAttempts: 3,
  });
  await all.promise;
  const seconds = (performance.now() - opened) / 1_000;
  say(
    `first run after ${(first - start).toFixed(0)} ms; all run in ` +
      `${seconds.toFixed(1)} s, ${Math.round(handled / seconds)} entries/s; ` +
      `memory ${memory()}`,
  );
}

try {
  await measureAppends();
  await measureRecovery();
} finally {
  await Deno.remove(folder, { recursive: true });
}

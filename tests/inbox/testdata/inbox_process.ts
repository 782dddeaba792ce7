/**
 * A process with an inbox, which tests kill: `inbox_process.ts <folder> <first>`.
 *
 * It appends numbers from `<first>` on and says `accepted <n>` when one is safe,
 * `run <n>` when it was run, and keeps what it archives in `<folder>/objects`. With
 * `drain` for a number it appends nothing, and ends when nothing is left.
 *
 * @module
 */

import { join } from "node:path";
import { sleep } from "../../../lib/core/async.ts";
import type { Inbox } from "../../../lib/core/inbox.ts";
import { openFileInbox } from "../../../lib/inbox/file_inbox.ts";

const [folder = ".", first = "drain"] = Deno.args;
const objects = join(folder, "objects");
const isDraining = first === "drain";
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function say(line: string): void {
  Deno.stdout.writeSync(encoder.encode(`${line}\n`));
}

await Deno.mkdir(objects, { recursive: true });
const inbox = await openFileInbox({
  folder: join(folder, "inbox"),
  maxBytes: 2 ** 26,
  segmentBytes: 20_000,
  delays: [5, 20],
  hasRanges: true,
});
say("ready");

const delivery = inbox.deliver({
  handle: async ({ bytes, failures }) => {
    const text = decoder.decode(bytes);
    const number = Number(text.split(" ")[0]);
    await sleep(0);
    if (failures < number % 3) return { kind: "retry" };
    say(`run ${number}`);
    return { kind: "done" };
  },
  deadLetter: () => Promise.reject(new Error("Nothing is to be given up")),
  concurrency: 32,
  maxAttempts: 1_000,
});

/** Archives what there is, and with a signal also what comes, until it ends. */
async function archive({ ranges }: Inbox, signal?: AbortSignal): Promise<void> {
  const forever = new AbortController().signal;
  const options = { maxBytes: 20_000, maxAge: 0, signal: signal ?? forever };
  for (;;) {
    const range = signal === undefined
      ? await ranges!.rest(options)
      : await ranges!.next(options);
    if (range === undefined) return;
    const numbers: string[] = [];
    for await (const { bytes } of range.entries()) {
      numbers.push(decoder.decode(bytes).split(" ")[0] ?? "");
    }
    // As an object store does it: whole or not at all, and under its name.
    const temporary = join(objects, `${range.id}.part`);
    await Deno.writeTextFile(temporary, numbers.join("\n"));
    await Deno.rename(temporary, join(objects, range.id));
    await range.commit();
  }
}

/** Appends one number after the other, as one caller of many. */
async function append(next: () => number): Promise<void> {
  for (;;) {
    const numbers = Array.from({ length: 1 + next() % 4 }, next);
    const texts = numbers.map((number) =>
      `${number} ${"x".repeat(number % 300)}`
    );
    await inbox.append(texts.map((text) => encoder.encode(text)));
    for (const number of numbers) say(`accepted ${number}`);
  }
}

if (isDraining) {
  const isLeft = () => inbox.state.waiting > 0 || inbox.state.retrying > 0;
  while (isLeft()) await sleep(5);
  await archive(inbox);
  await delivery.stop(new AbortController().signal);
  await inbox[Symbol.asyncDispose]();
} else {
  let number = Number(first);
  const forever = new AbortController().signal;
  await Promise.all([
    archive(inbox, forever),
    ...Array.from({ length: 8 }, () => append(() => number++)),
  ]);
}

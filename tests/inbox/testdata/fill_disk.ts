/**
 * Fills a small disk with an inbox: `fill_disk.ts <folder>`. Says on one line of JSON
 * how that ended.
 *
 * @module
 */

import { join } from "node:path";
import { InboxError } from "../../../lib/core/inbox.ts";
import { sleep } from "../../../lib/core/async.ts";
import { openFileInbox } from "../../../lib/inbox/file_inbox.ts";
import { drain } from "../_seen.ts";

const [folder = "."] = Deno.args;
const options = { folder: join(folder, "inbox"), maxBytes: 2 ** 30 };
const refusals: (string | undefined)[] = [];
let accepted = 0;
{
  await using inbox = await openFileInbox(options);
  while (refusals.length < 5) {
    try {
      await inbox.append([new TextEncoder().encode(`${accepted}`.padEnd(900))]);
      accepted++;
    } catch (error) {
      refusals.push(error instanceof InboxError ? error.reason : `${error}`);
    }
  }
}
// Another start, while the disk is still full.
await using inbox = await openFileInbox(options);
const { waiting } = inbox.state;
const run = (await drain(inbox)).map((text) => Number(text));
const inOrder = [...run].sort((a, b) => a - b);
const isWhole = inOrder.every((number, index) => number === index);
// What was run makes room.
for (let isRefused = true; isRefused;) {
  try {
    await inbox.append([new Uint8Array(900)]);
    isRefused = false;
  } catch {
    await sleep(10);
  }
}
const result = { refusals, accepted, waiting, run: run.length, isWhole };
// deno-lint-ignore no-console -- what the test reads
console.log(JSON.stringify(result));

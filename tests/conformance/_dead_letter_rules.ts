/**
 * Rules of dead letters: what is kept of events that will not be delivered again.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeLetter } from "../../lib/dead_letters/letter_line.ts";
import { tempFolder } from "../dev/_run.ts";
import { LOGGED_IN } from "./_events.ts";
import { environment, startWorld, type Suite } from "./_world.ts";

/** A working directory with a folder for letters that anybody may write. */
async function letterFolder(): ReturnType<typeof tempFolder> {
  const folder = await tempFolder();
  await Deno.mkdir(join(folder.path, "dead-letters"));
  await Deno.chmod(join(folder.path, "dead-letters"), 0o777);
  return folder;
}

const BROKEN = new Uint8Array([0x0a, 0xff]);

/** Registers the rules. */
export function deadLetterRules(suite: Suite): void {
  Deno.test(`${suite.name}: a rejected event is in the file of dead letters when it is answered`, async () => {
    await using folder = await letterFolder();
    await using world = await startWorld(suite, {
      cwd: folder.path,
      env: { DEAD_LETTER: "file:dead-letters/letters.jsonl" },
    });
    const { status } = await world.send({ bytes: BROKEN });
    assert.equal(status, "INVALID_ARGUMENT");
    const file = join(folder.path, "dead-letters", "letters.jsonl");
    const lines = (await Deno.readTextFile(file)).trimEnd().split("\n");
    assert.equal(lines.length, 1);
    const letter = decodeLetter(lines[0] ?? "");
    assert.equal(letter.event.type, LOGGED_IN);
    assert.equal(letter.bytes, BROKEN.toBase64());
    assert.equal(letter.source, "grpc");
    assert.deepEqual(
      [letter.outcome, letter.reason, letter.attempts],
      ["rejected", "bad_event", 1],
    );
    assert.match(letter.error[0]?.message ?? "", /does not decode/);
  });

  Deno.test(`${suite.name}: an event whose dead letter cannot be kept is answered UNAVAILABLE`, async () => {
    await using folder = await letterFolder();
    await using world = await startWorld(suite, {
      cwd: folder.path,
      env: { DEAD_LETTER: "file:dead-letters/letters.jsonl" },
    });
    const file = join(folder.path, "dead-letters", "letters.jsonl");
    await Deno.remove(file);
    await Deno.mkdir(file);
    assert.equal((await world.send({ bytes: BROKEN })).status, "UNAVAILABLE");
    await Deno.remove(file);
    const { status } = await world.send({ bytes: BROKEN });
    assert.equal(status, "INVALID_ARGUMENT");
    assert.equal((await Deno.stat(file)).isFile, true);
  });

  Deno.test(`${suite.name}: a file of dead letters that it may not write ends it with code 1, by name`, async () => {
    await using folder = await tempFolder();
    const path = join(folder.path, "elsewhere", "letters.jsonl");
    await using target = await suite.startTarget({
      cwd: folder.path,
      env: {
        ...environment({ url: "http://127.0.0.1:9", namespace: "mygame" }),
        DEAD_LETTER: `file:${path}`,
      },
      mayComplain: /./,
      untilStarted: false,
    });
    const { code } = await target.exited;
    assert.equal(code, 1);
    const text = target.stderr.join("\n");
    assert.ok(text.includes(path), text);
    assert.match(text, /dead-letters/);
  });

  Deno.test(`${suite.name}: a dead letter in the log says what it was, and nothing of the payload`, async () => {
    await using world = await startWorld(suite);
    await world.send({ bytes: BROKEN });
    const record = await world.target.logged(({ message }) =>
      message === "Event is a dead letter"
    );
    assert.equal(record["level"], "error");
    assert.equal(record["eventType"], LOGGED_IN);
    assert.equal(record["outcome"], "rejected");
    assert.equal(record["attempts"], 1);
  });
}

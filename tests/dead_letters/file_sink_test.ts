import assert from "node:assert/strict";
import { join } from "node:path";
import {
  LetterFileError,
  openLetterFile,
} from "../../lib/dead_letters/file_sink.ts";
import { decodeLetter } from "../../lib/dead_letters/letter_line.ts";
import { testEvent } from "../_support/delivery.ts";
import { tempFolder } from "../dev/_run.ts";
import { testLetter } from "./_letter.ts";

const never = new AbortController().signal;

function letterOf(id: string) {
  return testLetter({ event: testEvent({ id }) });
}

async function idsIn(folder: string): Promise<string[]> {
  const ids: string[] = [];
  for (const name of await namesIn(folder)) {
    const text = await Deno.readTextFile(join(folder, name));
    for (const line of text.split("\n").slice(0, -1)) {
      ids.push(decodeLetter(line).event.id);
    }
  }
  return ids;
}

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name))
    .sort();
}

Deno.test("A letter is in the file when write() resolves, after those before it", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "a", "b", "letters.jsonl");
  await using sink = await openLetterFile({ path, maxBytes: 1e6 });
  await sink.write(letterOf("one"), never);
  assert.deepEqual(await idsIn(join(folder.path, "a", "b")), ["one"]);
  await sink.write(letterOf("two"), never);
  assert.deepEqual(await idsIn(join(folder.path, "a", "b")), ["one", "two"]);
});

Deno.test("Only the file's owner may read it: events name people", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "letters.jsonl");
  await using _sink = await openLetterFile({ path, maxBytes: 1e6 });
  const { mode } = await Deno.stat(path);
  assert.equal((mode ?? 0) & 0o777, 0o600);
});

Deno.test("Letters written at once are all kept, each on a line of its own", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "letters.jsonl");
  await using sink = await openLetterFile({ path, maxBytes: 1e6 });
  const ids = Array.from({ length: 500 }, (_, index) => `event-${index}`);
  await Promise.all(ids.map((id) => sink.write(letterOf(id), never)));
  assert.deepEqual(await idsIn(folder.path), ids);
});

Deno.test("A file that was there is appended to, and a line that a crash left open is ended", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "letters.jsonl");
  await Deno.writeTextFile(path, '{"half":');
  await using sink = await openLetterFile({ path, maxBytes: 1e6 });
  await sink.write(letterOf("one"), never);
  const [half, whole] = (await Deno.readTextFile(path)).split("\n");
  assert.equal(half, '{"half":');
  assert.equal(decodeLetter(whole ?? "").event.id, "one");
});

Deno.test("A full file is kept under another name, and no letter is lost", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "letters.jsonl");
  const maxBytes = 2_000;
  await using sink = await openLetterFile({ path, maxBytes, now: () => 0 });
  const ids = Array.from({ length: 20 }, (_, index) => `event-${index}`);
  for (const id of ids) await sink.write(letterOf(id), never);
  const names = await namesIn(folder.path);
  assert.ok(names.length > 2, names.join());
  assert.match(names[1] ?? "", /^letters\.jsonl\.19700101T000000000Z-/);
  for (const name of names) {
    assert.ok((await Deno.stat(join(folder.path, name))).size <= maxBytes);
  }
  assert.deepEqual((await idsIn(folder.path)).sort(), ids.sort());
});

Deno.test("A letter larger than a file may be is kept all the same", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "letters.jsonl");
  await using sink = await openLetterFile({ path, maxBytes: 100 });
  await sink.write(letterOf("one"), never);
  await sink.write(letterOf("two"), never);
  assert.deepEqual((await idsIn(folder.path)).sort(), ["one", "two"]);
});

Deno.test("A disk that refuses fails the letter, and the next one is kept when it takes letters again", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "letters.jsonl");
  await using sink = await openLetterFile({ path, maxBytes: 1e6 });
  await sink.write(letterOf("one"), never);
  await Deno.remove(path);
  await Deno.mkdir(path);
  await assert.rejects(sink.write(letterOf("two"), never), LetterFileError);
  await Deno.remove(path);
  await sink.write(letterOf("three"), never);
  assert.deepEqual(await idsIn(folder.path), ["three"]);
});

Deno.test("A file that somebody moved or removed is begun anew, and no letter goes to the old one", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "letters.jsonl");
  await using sink = await openLetterFile({ path, maxBytes: 1e6 });
  await sink.write(letterOf("one"), never);
  await Deno.rename(path, `${path}.moved`);
  await sink.write(letterOf("two"), never);
  await Deno.remove(path);
  await sink.write(letterOf("three"), never);
  assert.deepEqual(await idsIn(folder.path), ["three", "one"]);
});

Deno.test("A file that cannot be written is refused at the start, by name", async () => {
  await using folder = await tempFolder();
  await assert.rejects(
    openLetterFile({ path: folder.path, maxBytes: 1e6 }),
    (error) => {
      assert.ok(error instanceof LetterFileError);
      assert.ok(error.message.includes(folder.path), error.message);
      assert.ok(error.cause instanceof Error);
      return true;
    },
  );
});

Deno.test("write() ends with its signal, and refuses letters after the end", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "letters.jsonl");
  const sink = await openLetterFile({ path, maxBytes: 1e6 });
  const reason = new Error("time is up");
  await assert.rejects(
    sink.write(letterOf("one"), AbortSignal.abort(reason)),
    reason,
  );
  await sink[Symbol.asyncDispose]();
  // What was under way was finished first.
  assert.deepEqual(await idsIn(folder.path), ["one"]);
  await assert.rejects(sink.write(letterOf("two"), never), /is closed/);
});

Deno.test("Letters that wait are bounded", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "letters.jsonl");
  await using sink = await openLetterFile({ path, maxBytes: 1e9 });
  const written = await Promise.allSettled(
    Array.from(
      { length: 3_000 },
      (_, i) => sink.write(letterOf(`${i}`), never),
    ),
  );
  const kept = written.filter(({ status }) => status === "fulfilled").length;
  assert.ok(kept >= 1_024 && kept < 3_000, String(kept));
  assert.equal((await idsIn(folder.path)).length, kept);
});

Deno.test("Letters that wait are bounded by what they hold, and one alone may be of any length", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "letters.jsonl");
  await using sink = await openLetterFile({ path, maxBytes: 65_536 });
  const write = (id: string, length: number) =>
    sink.write({ ...letterOf(id), bytes: new Uint8Array(length) }, never);
  const written = await Promise.allSettled(
    Array.from({ length: 20 }, (_, i) => write(`${i}`, 4_000_000)),
  );
  const kept = written.filter(({ status }) => status === "fulfilled").length;
  // Base64 makes more than 5 MB of each.
  assert.equal(kept, 6);
  await write("large", 30_000_000);
  assert.equal((await idsIn(folder.path)).length, kept + 1);
});

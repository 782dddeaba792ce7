/**
 * Rules of dead letters: what is kept of events that will not be delivered again.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { decodeLetter } from "../../lib/dead_letters/letter_line.ts";
import { tempFolder } from "../dev/_run.ts";
import { LOGGED_IN, PATHS } from "./_events.ts";
import { grpcMessage } from "./_http2.ts";
import { statusOf } from "./_raw_call.ts";
import { environment, startWorld, type Suite } from "./_world.ts";

/** A working directory with a folder for letters that anybody may write. */
async function letterFolder(): ReturnType<typeof tempFolder> {
  const folder = await tempFolder();
  await Deno.mkdir(join(folder.path, "dead-letters"));
  await Deno.chmod(join(folder.path, "dead-letters"), 0o777);
  return folder;
}

const BROKEN = new Uint8Array([0x0a, 0xff]);

/** An event that is not read. */
interface UnreadEvent {
  /** With its five bytes of header. */
  readonly message: () => Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly code: string;
  readonly reason: string;
  readonly error: RegExp;
}

const UNREAD: Readonly<Record<string, UnreadEvent>> = {
  "is too large": {
    message: () => grpcMessage(new Uint8Array(5 * 1_048_576).fill(7)),
    code: "RESOURCE_EXHAUSTED",
    reason: "too_large",
    error: /^Message of 5242880 bytes is larger than GRPC_MAX_MESSAGE_BYTES/,
  },
  "is too large when inflated": {
    message: () => grpcMessage(gzipSync(new Uint8Array(5 * 1_048_576)), 1),
    headers: { "grpc-encoding": "gzip" },
    code: "RESOURCE_EXHAUSTED",
    reason: "too_large",
    error: /^Message is larger than 4194304 bytes when decompressed$/,
  },
  "comes in an unknown encoding": {
    message: () => grpcMessage(new Uint8Array(100).fill(9), 1),
    headers: { "grpc-encoding": "nobody-knows" },
    code: "INTERNAL",
    reason: "unreadable",
    error: /^Message is compressed with "nobody-knows": expected gzip or/,
  },
  "cannot be inflated": {
    message: () => grpcMessage(new Uint8Array(100).fill(9), 1),
    headers: { "grpc-encoding": "gzip" },
    code: "INTERNAL",
    reason: "unreadable",
    error: /^Message is not valid gzip$/,
  },
};

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

  Deno.test(`${suite.name}: a rejected event is kept in dead-letters/letters.jsonl where nothing else is set`, async () => {
    await using folder = await letterFolder();
    await using world = await startWorld(suite, {
      cwd: folder.path,
      env: { DEAD_LETTER: "" },
    });
    const path = "dead-letters/letters.jsonl";
    const record = await world.target.logged(({ message }) =>
      /^Dead letters are kept in a file/.test(String(message))
    );
    assert.equal(record["path"], path);
    const { status } = await world.send({ bytes: BROKEN });
    assert.equal(status, "INVALID_ARGUMENT");
    const text = await Deno.readTextFile(join(folder.path, path));
    assert.equal(decodeLetter(text.trimEnd()).bytes, BROKEN.toBase64());
  });

  Deno.test(`${suite.name}: where nothing is set and no file can be written, it warns at start, and dead letters go to the log`, async () => {
    await using folder = await tempFolder();
    // Not even the superuser can write below a file.
    await Deno.writeTextFile(join(folder.path, "dead-letters"), "");
    await using world = await startWorld(suite, {
      cwd: folder.path,
      env: { DEAD_LETTER: "" },
    });
    const warning = await world.target.logged(({ message }) =>
      /^Dead letters go to the log without/.test(String(message))
    );
    assert.equal(warning["level"], "warn");
    assert.equal(warning["logCategory"], "dead_letters");
    const { status } = await world.send({ bytes: BROKEN });
    assert.equal(status, "INVALID_ARGUMENT");
    const letter = await world.target.logged(({ message }) =>
      message === "Event is a dead letter"
    );
    assert.equal(letter["eventType"], LOGGED_IN);
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

  for (const [what, event] of Object.entries(UNREAD)) {
    Deno.test(`${suite.name}: an event that ${what} is counted like any other, and a dead letter with size and hash after MAX_ATTEMPTS`, async () => {
      await using folder = await letterFolder();
      await using world = await startWorld(suite, {
        cwd: folder.path,
        env: {
          DEAD_LETTER: "file:dead-letters/letters.jsonl",
          MAX_ATTEMPTS: "2",
        },
      });
      const { grpcPort, metricsPort } = world.target;
      const path = PATHS[LOGGED_IN];
      const { code, reason, headers = {} } = event;
      const message = event.message();
      const deliver = () =>
        statusOf(grpcPort, { path, body: message, headers });
      assert.equal(await deliver(), code);
      assert.equal(await deliver(), code);
      assert.equal(await deliver(), "FAILED_PRECONDITION");
      assert.equal(await deliver(), "OK", "the letter has it");

      const bytes = message.subarray(5);
      const file = join(folder.path, "dead-letters", "letters.jsonl");
      const lines = (await Deno.readTextFile(file)).trimEnd().split("\n");
      assert.equal(lines.length, 1);
      const letter = decodeLetter(lines[0] ?? "");
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      assert.deepEqual(letter.digest, { size: bytes.length, sha256 });
      assert.equal(letter.bytes, undefined);
      assert.deepEqual(
        [letter.event.type, letter.event.id, letter.source],
        [LOGGED_IN, `sha256-${sha256}`, "grpc"],
      );
      assert.deepEqual(
        [letter.outcome, letter.reason, letter.attempts],
        ["exhausted", "exhausted", 2],
      );
      assert.match(letter.error[1]?.message ?? "", event.error);

      const metrics = await (await fetch(
        `http://127.0.0.1:${metricsPort}/metrics`,
      )).text();
      const count = (name: string, label: string) =>
        metrics.split("\n").find((line) =>
          line.startsWith(`${name}{`) && line.includes(`type="${LOGGED_IN}"`) &&
          line.includes(label)
        )?.split(" ").at(-1);
      const outcome = (of: string) => count("events_total", `outcome="${of}"`);
      assert.deepEqual(
        ["failed", "exhausted", "duplicate", "handled"].map(outcome),
        ["2", "1", "1", "0"],
      );
      assert.equal(count("event_failures_total", `reason="${reason}"`), "2");

      // Said once, as every event is, and not as a refused call beside it.
      const records = world.target.stdout.map((line) =>
        JSON.parse(line)["message"]
      );
      assert.ok(
        !records.includes("Call was refused before it became an event"),
      );
      assert.equal(
        records.filter((message) => message === "Event failed").length,
        2,
      );
      assert.equal((await world.send()).status, "OK", "others go on");
    });
  }

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

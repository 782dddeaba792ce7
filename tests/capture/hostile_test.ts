/**
 * Ten thousand bodies that nobody should send, against the app as a process of its own.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { residentMegabytes } from "../conformance/_memory.ts";
import { startApp } from "./_app.ts";
import { readArchive } from "./_service.ts";

const COUNT = 10_000;

/** Names that mean something to a file system, a query, a shell or JavaScript. */
const NAMES = [
  "../../../etc/passwd",
  "..",
  ".",
  "/",
  "a/b",
  "a\\b",
  "C:\\x",
  "CON",
  "error",
  "ERROR/x",
  "null",
  "__proto__",
  "constructor",
  "toString",
  "*",
  "'; DROP TABLE events; --",
  "$(id)",
  "%2e%2e%2f",
  "\u202eevil",
  "Ａ",
  "é",
  "\ud83d\ude00",
  "\ud800",
  "a\u0000b",
  "x".repeat(128),
  "x".repeat(129),
  "",
] as const;

const hostileValue = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(...NAMES),
  fc.constant(1e308),
  fc.constant(-0),
);

const event = fc.record({
  eventType: fc.oneof(fc.constantFrom(...NAMES), hostileValue),
  schemaVersion: hostileValue,
  data: hostileValue,
  __proto__: fc.constant({ eventType: "polluted" }),
}, { requiredKeys: [] });

const text = fc.oneof(
  event.map((value) => JSON.stringify(value)),
  fc.tuple(event, fc.nat(40)).map(([value, cut]) =>
    JSON.stringify(value).slice(0, -cut)
  ),
  fc.constantFrom(
    '{"eventType":"a","n":1e999999}',
    '{"eventType":"a","n":123456789012345678901234567890}',
    `{"eventType":"a","d":${"[".repeat(150)}${"]".repeat(150)}}`,
    '{"__proto__":{"eventType":"a"}}',
    '{"eventType":"a","eventType":"b"}',
    '{"eventType":"a","constructor":{"prototype":{"x":1}}}',
    '\u0000{"eventType":"a"}',
    '{"eventType":"\\ud800"}',
  ),
);

const entry = fc.oneof(
  text.map((entry): unknown => ({ entry })),
  event.map((entry): unknown => ({ entry })),
  fc.record({ entry: text, eventId: hostileValue }) as fc.Arbitrary<unknown>,
  hostileValue as fc.Arbitrary<unknown>,
);

const body = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.array(entry, { maxLength: 12 }).map((entries) =>
      new TextEncoder().encode(JSON.stringify({ entries }))
    ),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("", "{", "[[[[", '{"entries":', "null", "0")
      .map((text) => new TextEncoder().encode(text)),
  },
  {
    weight: 1,
    arbitrary: fc.nat(100_000).map((depth) =>
      new TextEncoder().encode(`{"entries":${"[".repeat(depth)}`)
    ),
  },
);

const ALLOWED = new Set([200, 400, 413]);

Deno.test("Ten thousand hostile bodies get clear answers, write nothing outside the archive, and take no memory for good", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using app = await startApp(folder, { ARCHIVE_FLUSH_TIME: "1s" });
    const samples = fc.sample(body, { numRuns: COUNT, seed: 11 });
    let accepted = 0;
    let middle = 0;
    const client = async () => {
      for (let next = samples.pop(); next; next = samples.pop()) {
        const response = await fetch(app.url, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: next as Uint8Array<ArrayBuffer>,
        });
        const answer = await response.json();
        assert.ok(ALLOWED.has(response.status), String(response.status));
        if (response.status === 200) {
          accepted += answer.Entries.length - answer.FailedEntryCount;
        }
        if (samples.length === COUNT / 2) {
          middle = await residentMegabytes(app.pid);
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, client));
    const end = await residentMegabytes(app.pid);
    assert.ok(accepted > 1_000, `${accepted} accepted`);
    assert.ok(end < middle + 64, `${middle} MB, then ${end} MB`);
    assert.ok(end < 250, `${end} MB`);
    await app.stop();
    const names: string[] = [];
    for await (const { name } of Deno.readDir(folder)) names.push(name);
    assert.deepEqual(names.toSorted(), ["archive", "inbox"]);
    const objects = await readArchive(join(folder, "archive"));
    let lines = 0;
    for (const [name, object] of Object.entries(objects)) {
      assert.match(name, /^([\w!-][\w!.-]*\/){2}[\w!.-]+\.jsonl\.gz$/);
      assert.ok(!name.split("/").includes(".."), name);
      lines += object.length;
      object.forEach((line) => JSON.parse(line));
    }
    assert.ok(lines <= accepted && lines > accepted / 2, `${lines} lines`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

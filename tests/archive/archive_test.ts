import assert from "node:assert/strict";
import {
  type ArchiveOptions,
  createArchive,
} from "../../lib/archive/archive.ts";
import { moveClientId } from "../../lib/archive/transform.ts";
import { memoryTarget } from "./_memory_target.ts";
import { clientEvent, rangeOf } from "./_range.ts";

const SIGNAL = new AbortController().signal;

/** Archives events, and says what is in which folder. */
async function archive(
  events: readonly unknown[],
  options: Partial<ArchiveOptions> = {},
) {
  const target = memoryTarget();
  const archived = await createArchive({ target, ...options })
    .write(rangeOf(events), SIGNAL);
  return { target, archived, folders: target.lines() };
}

Deno.test("archive: puts events into folders by type and version, a line each", async () => {
  const events = ["paging", "purchase", "paging"].map((type, index) =>
    clientEvent(type, { index })
  );
  const { folders, archived, target } = await archive(events);
  assert.deepEqual(folders, {
    "paging/2/": [JSON.stringify(events[0]), JSON.stringify(events[2])],
    "purchase/2/": [JSON.stringify(events[1])],
  });
  const { bytes, ...counts } = archived;
  assert.deepEqual(counts, { events: 3, errors: 0, dropped: 0, objects: 2 });
  assert.ok(bytes > 0);
  for (const name of target.objects.keys()) {
    assert.match(name, /\/0123abcd-0{12}-0{11}9-[0-9a-f]{8}\.jsonl\.gz$/);
  }
});

Deno.test("archive: the same range makes the same objects", async () => {
  const events = ["a", "b", "!"].map((type) => clientEvent(type));
  const [one, other] = [await archive(events), await archive(events)];
  assert.deepEqual([...one.target.objects], [...other.target.objects]);
});

Deno.test("archive: compresses as it is told", async () => {
  for (const compression of ["gzip", "zstd", "none"] as const) {
    const { folders, target } = await archive([clientEvent("a")], {
      compression,
    });
    assert.deepEqual(folders["a/2/"], [JSON.stringify(clientEvent("a"))]);
    const [name = ""] = target.objects.keys();
    const extension = { gzip: ".jsonl.gz", zstd: ".jsonl.zst", none: ".jsonl" };
    assert.ok(name.endsWith(extension[compression]), name);
  }
});

Deno.test("archive: keeps an event byte for byte, but for line feeds between its fields", async () => {
  const text = '{"detail":{"eventType":"a","schemaVersion":1,\r\n\n' +
    '"n":9007199254740993,"f":1.10,"e":1E3,"s":"\\n\\u0000é","n":1}}';
  const { folders } = await archive([text]);
  assert.deepEqual(folders["a/1/"], [text.replace(/[\r\n]+/g, " ")]);
});

Deno.test("archive: a transform changes events, loses no digit, and leaves some out", async () => {
  const event = '{"resources":["c-1"],"detail":{"eventType":"a",' +
    '"schemaVersion":1,"n":9007199254740993,"m":-18446744073709551615,"t":"12345678901234567"}}';
  const { folders } = await archive([event], { transform: moveClientId });
  assert.deepEqual(folders["a/1/"], [
    '{"resources":[],"detail":{"eventType":"a","schemaVersion":1,' +
    '"n":9007199254740993,"m":-18446744073709551615,' +
    '"t":"12345678901234567","accountNumber":"c-1"}}',
  ]);
  const { archived, target } = await archive([clientEvent("a")], {
    transform: () => undefined,
  });
  assert.equal(archived.dropped, 1);
  assert.equal(target.objects.size, 0);
});

Deno.test("archive: what it cannot make sense of goes to errors, with why and as it was", async () => {
  const bad = [
    "{",
    "[]",
    "null",
    new Uint8Array([0x22, 0xff, 0x22]),
    `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`,
  ];
  const { folders, archived } = await archive(bad, {
    transform: (event) => event,
  });
  assert.equal(archived.errors, bad.length);
  const lines = folders["error/processing-failed/"] ?? [];
  assert.equal(lines.length, bad.length);
  for (const [index, line] of lines.entries()) {
    const { rawData, errorCode, errorMessage, arrivalTimestamp } = JSON.parse(
      line,
    );
    assert.equal(errorCode, "processing-failed");
    assert.equal(arrivalTimestamp, "2026-03-04T05:06:07.000Z");
    assert.ok(errorMessage.length > 0);
    const original = bad[index];
    const bytes = typeof original === "string"
      ? new TextEncoder().encode(original)
      : original;
    assert.deepEqual(Uint8Array.fromBase64(rawData), bytes);
  }
});

Deno.test("archive: an error of the transform, or of its result, is the event's alone", async () => {
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  for (
    const transform of [
      () => {
        throw new Error("A bug");
      },
      () => cyclic,
      () => [] as unknown as Record<string, unknown>,
    ]
  ) {
    const { archived } = await archive([clientEvent("a")], { transform });
    assert.equal(archived.errors, 1);
  }
  const { folders } = await archive([clientEvent("a"), { detail: 1 }], {
    transform: moveClientId,
  });
  assert.deepEqual(Object.keys(folders), [
    "a/2/",
    "error/processing-failed/",
  ]);
});

Deno.test("archive: an event without a folder goes to errors", async () => {
  const nameless = [undefined, null, "", {}, [], true, "x".repeat(201)];
  const { folders, archived } = await archive(
    nameless.map((type) => clientEvent(type)),
  );
  assert.equal(archived.errors, nameless.length);
  assert.deepEqual(Object.keys(folders), ["error/partition-failed/"]);
});

Deno.test("archive: no more partitions are open than may be", async () => {
  const events = Array.from({ length: 20 }, (_, index) => index % 7)
    .map((type) => clientEvent(`type-${type}`));
  const { folders, archived } = await archive(events, { maxPartitions: 5 });
  assert.equal(archived.objects, 6);
  assert.equal(folders["error/partitions-exceeded/"]?.length, archived.errors);
  assert.equal(archived.events + archived.errors, 20);
});

Deno.test("archive: one object that cannot be kept fails the range, and no error is hidden", async () => {
  const target = memoryTarget();
  const events = Array.from(
    { length: 20 },
    (_, index) => clientEvent(`type-${index}`),
  );
  target.failures = 1;
  const made = createArchive({ target });
  await assert.rejects(made.write(rangeOf(events), SIGNAL), {
    name: "ArchiveTargetError",
  });
  assert.ok(target.puts < 20, `${target.puts}`);
  await made.write(rangeOf(events), SIGNAL);
  assert.equal(target.objects.size, 20);
});

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { createArchive } from "../../lib/archive/archive.ts";
import { createFolderTarget } from "../../lib/archive/folder_target.ts";
import { createS3Target } from "../../lib/archive/s3_target.ts";
import type { ArchiveTarget } from "../../lib/archive/target.ts";
import { Secret } from "../../lib/config/secret.ts";
import { run } from "../_support/process.ts";
import { archivedIn } from "../archive/_archived.ts";
import { clientEvent, rangeOf } from "../archive/_range.ts";
import { archiveUnderKills } from "../archive/_under_kills.ts";
import { testWithTool } from "./_tools.ts";
import { DUCKDB, VERSITYGW } from "./_archive_tools.ts";
import { isListening, type Server, startServer } from "./_server.ts";

const SIGNAL = new AbortController().signal;
const SECRET = "secret-of-the-test";
const TYPES = ["paging", "purchase", "../../up", "Purchase", "ü"];

/** A hundred events of each type. */
const EVENTS = Array.from(
  { length: 100 * TYPES.length },
  (_, index) =>
    clientEvent(TYPES[index % TYPES.length], {
      price: index,
      id: `id-${index}`,
    }),
);

async function withFolder(use: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Archives all events, in two ranges, the first of them twice. */
async function archive(target: ArchiveTarget): Promise<void> {
  for (const compression of ["gzip", "zstd"] as const) {
    const archive = createArchive({ target, compression });
    const range = rangeOf(EVENTS, `range-${compression}`);
    const { errors } = await archive.write(range, SIGNAL);
    assert.equal(errors, 0);
    await archive.write(range, SIGNAL);
  }
}

function startBuckets(command: string, folder: string): Promise<Server> {
  return startServer({
    command,
    args: (port) => ["--port", `127.0.0.1:${port}`, "posix", folder],
    env: { ROOT_ACCESS_KEY: "id", ROOT_SECRET_KEY: SECRET },
    isReady: isListening,
  });
}

function bucketOf({ port }: Server, secret = SECRET) {
  return createS3Target({
    bucket: "events",
    accessKeyId: "id",
    secretAccessKey: new Secret(secret),
    endpoint: `http://127.0.0.1:${port}`,
    prefix: "lake/",
    partBytes: 5 * 2 ** 20,
  });
}

/** What a query says of a folder's objects. */
async function query(
  python: string,
  folder: string,
  sql: string,
): Promise<unknown> {
  const program = "import sys, json, duckdb; " +
    "print(json.dumps(duckdb.sql(sys.argv[1]).fetchall()))";
  const text = sql.replaceAll("$files", `'${folder}/**/*.jsonl.*'`);
  const { code, stdout, stderr } = await run(python, {
    args: ["-c", program, text],
  });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

const BY_TYPE = `
  SELECT detail.eventType, count(*), count(DISTINCT detail.id), sum(detail.price)
  FROM read_json($files)
  GROUP BY ALL ORDER BY 1`;

const EXPECTED = TYPES.toSorted((a, b) => Buffer.compare(utf8(a), utf8(b)))
  .map((type) => {
    const prices = EVENTS.filter(({ detail }) => detail.eventType === type)
      .map(({ detail }) => Number(detail.price));
    // Each event is there with gzip and with zstd, and only so often.
    return [type, 200, 100, 2 * prices.reduce((sum, price) => sum + price, 0)];
  });

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

testWithTool(
  "archive: DuckDB reads a folder by SQL, gzip and zstd, each event once",
  DUCKDB,
  ({ command }) =>
    withFolder(async (folder) => {
      await archive(createFolderTarget(folder));
      assert.deepEqual(await query(command, folder, BY_TYPE), EXPECTED);
      const one = BY_TYPE.replace("$files", `'${folder}/paging/2/*.jsonl.gz'`);
      assert.deepEqual(await query(command, folder, one), [
        [
          "paging",
          100,
          100,
          EXPECTED.find(([type]) => type === "paging")?.[3] as number / 2,
        ],
      ]);
    }),
);

testWithTool(
  "archive: a bucket of another maker takes each object once, signed",
  VERSITYGW,
  ({ command }) =>
    withFolder(async (folder) => {
      await Deno.mkdir(join(folder, "events"));
      await using server = await startBuckets(command, folder);
      await archive(bucketOf(server));
      const objects: string[] = [];
      for await (const { name } of Deno.readDir(join(folder, "events/lake"))) {
        objects.push(name);
      }
      assert.deepEqual(objects.sort(), [
        ...["!2E.!2F..!2Fup", "!C3!BC", "Purchase", "paging", "purchase"],
      ]);
      const wrong = bucketOf(server, "another secret");
      const object = {
        name: "x",
        bytes: new Uint8Array(9),
        contentType: "a/b",
      };
      await assert.rejects(
        wrong.put(object, SIGNAL),
        /403 SignatureDoesNotMatch/,
      );
    }),
);

testWithTool(
  "archive: a bucket of another maker makes one object of many parts, once",
  VERSITYGW,
  ({ command }) =>
    withFolder(async (folder) => {
      await Deno.mkdir(join(folder, "events"));
      await using server = await startBuckets(command, folder);
      const bytes = new Uint8Array(12 * 2 ** 20).map((_, index) => index % 251);
      const target = bucketOf(server);
      for (let time = 0; time < 2; time++) {
        await target.put({ name: "long", bytes, contentType: "a/b" }, SIGNAL);
      }
      const kept = await Deno.readFile(join(folder, "events/lake/long"));
      assert.equal(kept.length, bytes.length);
      assert.ok(kept.every((byte, index) => byte === bytes[index]));
    }),
);

testWithTool(
  "archive: DuckDB reads what a bucket holds",
  { ...DUCKDB, needs: VERSITYGW.probes, isRequired: false },
  ({ command }) =>
    withFolder(async (folder) => {
      await Deno.mkdir(join(folder, "events"));
      await using server = await startBuckets("versitygw", folder);
      await archive(bucketOf(server));
      const lake = join(folder, "events/lake");
      assert.deepEqual(await query(command, lake, BY_TYPE), EXPECTED);
    }),
);

testWithTool(
  "archive: the service keeps each event once in a bucket of another maker, however often it is killed",
  VERSITYGW,
  ({ command }) =>
    withFolder(async (folder) => {
      await Deno.mkdir(join(folder, "events"));
      await using server = await startBuckets(command, folder);
      const cwd = await Deno.makeTempDir();
      try {
        await archiveUnderKills({
          folder: cwd,
          archive: {
            ARCHIVE: "s3://events/lake",
            ARCHIVE_ENDPOINT: `http://127.0.0.1:${server.port}`,
            AWS_ACCESS_KEY_ID: "id",
            AWS_SECRET_ACCESS_KEY: SECRET,
          },
          rounds: 3,
          read: () => archivedIn(join(folder, "events/lake")),
        });
      } finally {
        await Deno.remove(cwd, { recursive: true });
      }
    }),
);

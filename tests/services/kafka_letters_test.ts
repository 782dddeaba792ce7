/**
 * `DEAD_LETTER=kafka:…`: whatever an event is, its letter has a place, and what comes
 * behind it goes on.
 */

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Buffer } from "node:buffer";
import { kafkaAdmin } from "../../dev/kafka_cluster/admin.ts";
import { TerminalError } from "../../lib/core/errors.ts";
import { newId } from "../../lib/eventstream/names.ts";
import type { StreamRecord } from "../../lib/eventstream/record.ts";
import { eventBytes, LOGGED_IN, PATHS } from "../conformance/_events.ts";
import { environment } from "../conformance/_world.ts";
import { run, tempFolder, tool } from "../dev/_run.ts";
import { players, ready } from "./_kafka_corner.ts";
import { readAll, refusedWorld } from "./_kafka_letters.ts";
import { kafkaTests, PREFIX, QUICK } from "./_kafka_tests.ts";
import { startReplica } from "./_service.ts";
import { until } from "./_until.ts";

const kafkaTest = kafkaTests();

/** What brokers take of a topic at once, by default, in bytes. */
const MAX_MESSAGE = 1_048_588;

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}

function bytes(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

/** The headers of a record, by name. */
function headersOf({ headers }: StreamRecord): Record<string, string> {
  return Object.fromEntries(
    headers.map(([name, value]) => [name, text(value)]),
  );
}

/** Text that does not get shorter. */
function noise(length: number): string {
  return randomBytes(length).toString("base64").slice(0, length);
}

kafkaTest(
  "a record that nearly fills its topic is rejected: its letter is there whole, can be replayed, and the next event is handled",
  async (test) => {
    const { corner, env, start } = await refusedWorld(test);
    await using _ = corner;
    const [large = "", next = ""] = players(2);
    const letters = readAll(corner.stream, "userAuthentication.dlq");
    {
      await using _service = await start();
      // Its own topic takes it; with the headers that say why it would be too long.
      await corner.publishRecord(large, {
        envelope: { filler: "x".repeat(MAX_MESSAGE - 3_500) },
      });
      await corner.publish(next);
      await until("both letters", () => letters.length === 2 || undefined);
    }
    const [letter] = letters;
    assert.ok((letter?.value?.length ?? 0) > MAX_MESSAGE - 3_500);
    assert.equal(JSON.parse(text(letter?.value)).userId, large);
    assert.equal(headersOf(letter as StreamRecord)["dlq-omitted"], undefined);
    await using folder = await tempFolder();
    const { ITEM_ID_TO_GRANT: _item, ...mended } = env;
    await using service = await startReplica(corner.emulator, mended);
    await ready(service);
    const replayed = await run(
      tool("dev/dead_letters.ts", ["replay", "--kafka"]),
      { cwd: folder.path, env: { ...environment(corner.emulator), ...mended } },
    );
    assert.deepEqual([replayed.stdout, replayed.code], ["published: 2\n", 0]);
    await corner.granted([large, next]);
  },
);

kafkaTest(
  "a record that fits in no way: its letter has its size and hash, says so when it is replayed, and the next event goes on",
  async (test) => {
    const { corner, env, start } = await refusedWorld(test);
    await using _ = corner;
    const letters = readAll(corner.stream, "userAuthentication.dlq");
    const records = readAll(corner.stream, "userAuthentication");
    await using service = await start();
    const [large = "", next = ""] = players(2);
    await corner.publishRecord(large, {
      // Noise in base64 gets a quarter shorter when it is compressed: this does not.
      value: Buffer.concat([
        bytes("{nonsense"),
        randomBytes(MAX_MESSAGE - 250),
      ]),
    });
    await corner.publish(next);
    await until("both letters", () => letters.length === 2 || undefined);
    const [letter] = letters;
    const value = records[0]?.value ?? new Uint8Array();
    assert.ok(letter?.value === undefined);
    const headers = headersOf(letter as StreamRecord);
    assert.equal(headers["dlq-omitted"], "value");
    assert.equal(headers["dlq-size"], String(value.length));
    assert.equal(
      headers["dlq-sha256"],
      createHash("sha256").update(value).digest("hex"),
    );
    assert.equal(headers["dlq-offset"], "0");
    await service.target.logged(({ message, sha256 }) =>
      message ===
        "Dead letter is written without the parts that do not fit its topic" &&
      sha256 === headers["dlq-sha256"]
    );
    await using folder = await tempFolder();
    const replayed = await run(
      tool("dev/dead_letters.ts", ["replay", "--kafka"]),
      { cwd: folder.path, env: { ...environment(corner.emulator), ...env } },
    );
    assert.match(replayed.stdout, /^not sent \(.* has no payload.*\): 1$/m);
    assert.equal(replayed.code, 1);
  },
);

kafkaTest(
  "an event of more than a megabyte is rejected over gRPC: its letter is kept, and it is answered for good",
  async (test) => {
    const { corner, start } = await refusedWorld(test);
    await using _ = corner;
    const letters = readAll(corner.stream, "userAuthentication.dlq");
    await using service = await start();
    const unknownField = (content: Uint8Array) =>
      // Field 200, by its length.
      Buffer.concat([
        Buffer.from([0xc2, 0x0c]),
        Buffer.from([
          content.length & 0x7f | 0x80,
          content.length >> 7 & 0x7f | 0x80,
          content.length >> 14 & 0x7f | 0x80,
          content.length >> 21,
        ]),
        content,
      ]);
    const event = eventBytes(corner.emulator.namespace);
    for (
      const filler of [Buffer.alloc(1_500_000, 32), randomBytes(1_500_000)]
    ) {
      const sent = Buffer.concat([event, unknownField(filler)]);
      const { status } = await service.client.send(
        PATHS[LOGGED_IN],
        sent,
        20_000,
        // The second one is the same event again.
        { "event-replay": "1" },
      );
      assert.equal(status, "FAILED_PRECONDITION");
    }
    await until("both letters", () => letters.length === 2 || undefined);
    const [whole, without] = letters;
    assert.ok((whole?.value?.length ?? 0) > 1_500_000);
    assert.ok(without?.value === undefined);
    const headers = headersOf(without as StreamRecord);
    assert.equal(headers["dlq-omitted"], "value");
    assert.ok(Number(headers["dlq-size"]) > 1_500_000);
    assert.match(headers["dlq-sha256"] ?? "", /^[0-9a-f]{64}$/);
  },
);

kafkaTest(
  "a record with headers that are too long for a letter: the letter has its value, and says what it lacks",
  async (test) => {
    const { corner, start } = await refusedWorld(test, {
      "max.message.bytes": "20000",
    });
    await using _ = corner;
    const letters = readAll(corner.stream, "userAuthentication.dlq");
    await using _service = await start();
    const [large = "", next = ""] = players(2);
    await corner.publishRecord(large, {
      headers: [["noise", randomBytes(30_000)]],
    });
    await corner.publish(next);
    await until("both letters", () => letters.length === 2 || undefined);
    const [letter] = letters;
    assert.equal(JSON.parse(text(letter?.value)).userId, large);
    const headers = headersOf(letter as StreamRecord);
    assert.equal(headers["dlq-omitted"], "headers");
    assert.equal(headers["noise"], undefined);
    assert.equal(headers["dlq-size"], undefined);
  },
);

kafkaTest(
  "a topic of letters that takes none of any form: they are in the log, with size and hash, and all is committed",
  async (test) => {
    const { corner, start } = await refusedWorld(test, {
      "max.message.bytes": "200",
    });
    await using _ = corner;
    await using service = await start();
    const all = players(3);
    for (const player of all) await corner.publish(player);
    await using admin = kafkaAdmin(test.kafka.brokers);
    await until("commits", async () => {
      const [place] = await admin.offsets(corner.group, corner.topic);
      return place?.offset === 3n || undefined;
    });
    for (let count = 0; count < all.length; count++) {
      await service.target.logged(({ message, size, sha256 }) =>
        message === "Event is a dead letter" && Number(size) > 200 &&
        /^[0-9a-f]{64}$/.test(String(sha256))
      );
    }
  },
);

kafkaTest(
  "a record of a time that the topic of letters refuses: its letter has the time at which it was written",
  async (test) => {
    const { corner, start } = await refusedWorld(test, {
      "message.timestamp.before.max.ms": "3600000",
    });
    await using _ = corner;
    const letters = readAll(corner.stream, "userAuthentication.dlq");
    await using _service = await start();
    const [old = "", next = ""] = players(2);
    await corner.publishRecord(old, { timestamp: 1_500_000_000_000n });
    await corner.publish(next);
    await until("both letters", () => letters.length === 2 || undefined);
    const [letter] = letters;
    assert.equal(JSON.parse(text(letter?.value)).userId, old);
    assert.ok((letter?.timestamp ?? 0n) > 1_700_000_000_000n);
  },
);

kafkaTest(
  "the client's own dead letters have a place, too: without value, or in the log alone",
  async ({ kafka, stream, topic, log }) => {
    await using admin = kafkaAdmin(kafka.brokers);
    const names = [topic("small"), topic("tiny")];
    const seen: string[] = [];
    const events = stream();
    for (const [index, name] of names.entries()) {
      await admin.createTopic(`${PREFIX}.${name}`, { partitions: 1 });
      await admin.createTopic(`${PREFIX}.${name}.dlq`, {
        partitions: 1,
        configs: { "max.message.bytes": index === 0 ? "2000" : "100" },
      });
      events.subscribe({ ...QUICK, topic: name, groupId: newId() }, (event) => {
        seen.push(`${index} ${event.id}`);
        if (event.id === "a") throw new TerminalError("Never");
      });
      await events.publishSync({
        topic: name,
        name: "e",
        id: "a",
        payload: { noise: noise(10_000) },
      });
      await events.publishSync({ topic: name, name: "e", id: "b" });
    }
    await until(
      "both topics' last events",
      () => seen.includes("0 b") && seen.includes("1 b") || undefined,
    );
    const letters = readAll(events, `${names[0]}.dlq`);
    await until("the letter", () => letters.length === 1 || undefined);
    assert.ok(letters[0]?.value === undefined);
    assert.equal(
      headersOf(letters[0] as StreamRecord)["dlq-omitted"],
      "value",
    );
    const lines = log.lines.filter(({ message }) =>
      message.startsWith("Dead letter is only logged")
    );
    assert.equal(lines.length, 1);
    assert.match(String(lines[0]?.fields?.["sha256"]), /^[0-9a-f]{64}$/);
  },
);

kafkaTest(
  "many small messages for a topic that takes less than a batch are all delivered",
  async ({ kafka, stream, topic }) => {
    await using admin = kafkaAdmin(kafka.brokers);
    const name = topic();
    await admin.createTopic(`${PREFIX}.${name}`, {
      partitions: 1,
      configs: { "max.message.bytes": "20000" },
    });
    const events = stream();
    const records = readAll(events, name);
    const sent = Array.from({ length: 300 }, (_, number) =>
      events.publishSync({
        topic: name,
        name: "e",
        id: `id${number}`,
        // One of them is too large alone: the others are not to share its fate.
        payload: { noise: noise(number === 150 ? 30_000 : 1_000) },
      }).then(() => "sent", () => "failed"));
    const results = await Promise.all(sent);
    assert.deepEqual(
      results,
      sent.map((_, number) => number === 150 ? "failed" : "sent"),
    );
    await until("299 records", () => records.length === 299 || undefined);
    const ids = records.map(({ value }) => JSON.parse(text(value)).id);
    assert.deepEqual(
      ids,
      sent.map((_, number) => `id${number}`).filter((id) => id !== "id150"),
    );
  },
);

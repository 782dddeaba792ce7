/**
 * What events from Kafka hold in memory, at a process with the flags of
 * `deno task start`, in a group of 256 MB as a container is one.
 */

import assert from "node:assert/strict";
import { CONSUMABLE_ITEM_ID, startEmulator } from "../../dev/emulator/mod.ts";
import { kafkaAdmin } from "../../dev/kafka_cluster/admin.ts";
import { newId } from "../../lib/eventstream/names.ts";
import { partitionOf } from "../../lib/eventstream/partitioner.ts";
import { memoryGroup } from "../_support/memory_group.ts";
import { PROGRAM, unlinkedJson } from "../_support/unlinked.ts";
import { agsId } from "../conformance/_events.ts";
import { startGate } from "../conformance/_gate.ts";
import { peakMegabytes } from "../conformance/_memory.ts";
import { CLIENT_SECRET } from "../conformance/_world.ts";
import { ready } from "./_kafka_corner.ts";
import { type KafkaTest, kafkaTests } from "./_kafka_tests.ts";
import { type Replica, startReplica } from "./_service.ts";
import { until } from "./_until.ts";

const test = kafkaTests();

/** What the process may take in memory, in MB, and its container has. */
const MAX_MEMORY = 256;
const PARTITIONS = 8;
const TOPIC = "userAccount";

const encoder = new TextEncoder();

interface Pressed {
  readonly service: Replica;
  readonly gate: ReturnType<typeof startGate>;
  readonly namespace: string;
  /** Puts a text on each partition. */
  publish(text: (partition: number) => string): Promise<void>;
  /** Settles when all of them were granted the item. */
  granted(players: readonly string[]): Promise<void>;
  /** Settles when so much is committed of each partition. */
  committed(offset: bigint): Promise<void>;
}

async function underPressure(
  { kafka, stream }: KafkaTest,
  run: (pressed: Pressed) => Promise<void>,
): Promise<void> {
  const prefix = `stage-${newId()}`;
  const topic = `${prefix}.${TOPIC}`;
  using group = memoryGroup(MAX_MEMORY);
  await using admin = kafkaAdmin(kafka.brokers);
  await admin.createTopic(topic, { partitions: PARTITIONS });
  await using emulator = await startEmulator({ clientSecret: CLIENT_SECRET });
  await using gate = startGate(emulator.url);
  const publisher = stream({ prefix });
  await using service = await startReplica(
    { url: gate.url, namespace: emulator.namespace },
    {
      SOURCES: "kafka",
      KAFKA_BROKERS: kafka.brokers.join(),
      KAFKA_TOPIC_PREFIX: prefix,
      KAFKA_GROUP_ID: "handler",
      DEAD_LETTER: "log",
      HANDLER_TIMEOUT: "60s",
    },
    { path: PROGRAM, args: [], group },
  );
  await ready(service);
  await run({
    service,
    gate,
    namespace: emulator.namespace,
    async publish(text) {
      for (let partition = 0; partition < PARTITIONS; partition++) {
        await publisher.sendRecord(TOPIC, {
          key: keyOf(partition),
          value: encoder.encode(text(partition)),
        });
      }
    },
    async granted(players) {
      await until(
        "grants",
        () =>
          players.every((userId) =>
            emulator.state.grantCount(userId, CONSUMABLE_ITEM_ID).grants > 0
          ) || undefined,
        { patience: 120_000 },
      );
    },
    async committed(offset) {
      await until("commits", async () => {
        const offsets = await admin.offsets(`${prefix}.handler`, topic);
        return offsets.length === PARTITIONS &&
            offsets.every((each) => each.offset >= offset) || undefined;
      }, { patience: 120_000 });
    },
  });
}

async function assertSmall({ target }: Replica): Promise<void> {
  const peak = await peakMegabytes(target.pid);
  assert.ok(peak < MAX_MEMORY, `${peak} MB`);
}

/** Keys are spread by their hash. */
function keyOf(partition: number): Uint8Array<ArrayBuffer> {
  for (let at = 0;; at++) {
    const key = encoder.encode(`key-${at}`);
    if (partitionOf(key, PARTITIONS) === partition) return key;
  }
}

async function metric({ target }: Replica, name: string): Promise<number> {
  const url = `http://127.0.0.1:${target.metricsPort}/metrics`;
  const text = await (await fetch(url)).text();
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1]);
}

/** Any JSON of empty objects, in a field that no message has. */
function emptyObjects(namespace: string, length: number): string {
  const head = `{"id":"${agsId()}","name":"userAccountUnlinked",` +
    `"namespace":"${namespace}","userId":"${agsId()}","x":[`;
  const count = Math.floor((length - head.length) / 3);
  return `${head}${Array(count).fill("{}").join(",")}]}`;
}

test("a record of 1.04 MB of empty objects on each of eight partitions becomes a dead letter, and what follows is handled", async (kafkaTest) => {
  await underPressure(kafkaTest, async (pressed) => {
    const { service, gate, namespace } = pressed;
    gate.open();
    await pressed.publish(() => emptyObjects(namespace, 1_040_000));
    const players = Array.from({ length: PARTITIONS }, () => agsId());
    await pressed.publish((partition) =>
      unlinkedJson({
        namespace,
        userId: players[partition] ?? "",
        accounts: 3,
      })
    );
    await pressed.granted(players);
    await pressed.committed(2n);
    const rejected = service.target.stdout.filter((line) =>
      JSON.parse(line).outcome === "rejected" &&
      /would take \d+ bytes of memory.*EVENT_MEMORY_BYTES/.test(line)
    );
    assert.ok(rejected.length >= PARTITIONS, `${rejected.length} rejected`);
    await assertSmall(service);
  });
});

test("events that together would take more memory than there is wait for each other, and all are handled", async (kafkaTest) => {
  await underPressure(kafkaTest, async (pressed) => {
    const { service, gate, namespace } = pressed;
    const players = Array.from({ length: PARTITIONS }, () => agsId());
    await pressed.publish((partition) =>
      unlinkedJson({
        namespace,
        userId: players[partition] ?? "",
        accounts: 30_000,
      })
    );
    const held = await until("events that wait for memory", async () => {
      const waiting = await metric(service, "event_memory_waiting");
      return waiting > 0 && waiting + gate.held === PARTITIONS
        ? gate.held
        : undefined;
    }, { patience: 120_000 });
    assert.ok(held > 0 && held < PARTITIONS, `${held} are handled`);
    const used = await metric(service, "event_memory_bytes");
    assert.ok(used <= await metric(service, "event_memory_limit_bytes"));
    gate.open();
    await pressed.granted(players);
    await pressed.committed(1n);
    assert.equal(await metric(service, "event_memory_bytes"), 0);
    assert.equal(await metric(service, "event_memory_waiting"), 0);
    await assertSmall(service);
  });
});

test("a service that waits for memory stops when it is told to", async (kafkaTest) => {
  await underPressure(kafkaTest, async (pressed) => {
    const { service, gate, namespace } = pressed;
    await pressed.publish(() =>
      unlinkedJson({ namespace, userId: agsId(), accounts: 30_000 })
    );
    await until(
      "events that wait for memory",
      async () =>
        await metric(service, "event_memory_waiting") > 0 || undefined,
    );
    service.target.signal("SIGTERM");
    gate.open();
    assert.deepEqual(await service.target.exited, { code: 0, signal: null });
    const ended = service.target.stdout.map((line) => JSON.parse(line))
      .filter(({ message }) => String(message).startsWith("Event "));
    assert.ok(ended.length > 0 && ended.length < PARTITIONS);
    assert.ok(ended.every(({ outcome }) => outcome === "handled"));
  });
});

/**
 * The event stream of a cell: events on a topic, and dead letters in one.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import {
  readTopicLetters,
  watchEnds,
} from "../../dev/dead_letters/kafka_letters.ts";
import { findEvent } from "../../dev/event_source.ts";
import { type KafkaAdmin, kafkaAdmin } from "../../dev/kafka_cluster/admin.ts";
import type { KafkaCluster } from "../../dev/kafka_cluster/cluster.ts";
import { streamRecord } from "../../dev/stream_event.ts";
import { sleep } from "../../lib/core/async.ts";
import { createEventStream } from "../../lib/eventstream/mod.ts";
import { newId } from "../../lib/eventstream/names.ts";
import type { OutgoingRecord } from "../../lib/eventstream/record.ts";
import type { EventStream } from "../../lib/eventstream/stream.ts";
import { EVENT_TYPE, PROTO_FOLDER } from "../scene.ts";
import type { Delivered } from "./connector.ts";
import type { NumberedEvent } from "./events.ts";
import { numberOf } from "./numbers.ts";

/** How a fault has to do with Kafka. */
export interface KafkaFault {
  /** By which way events come. */
  readonly source: "kafka" | "grpc";
  /** Dead letters go to a topic with these settings. @default {to a file} */
  readonly letterTopic?: Readonly<Record<string, string>>;
  /** Bytes that each event has more, of which none can be spared. @default {0} */
  readonly filler?: number;
  /** The share of the events that is there when the service starts. @default {0} */
  readonly before?: number;
  /** What the group has committed of each partition then. @default {nothing} */
  readonly offset?: bigint;
}

/** What a fault can do to the topic. */
export interface KafkaScene {
  /** Waits until all that is there is done, then deletes the topic, and creates it. */
  recreateTopic(signal: AbortSignal): Promise<void>;
}

/** The event stream of a cell. Disposing ends connections. */
export interface KafkaRun extends KafkaScene, AsyncDisposable {
  /** Settings of the service. */
  readonly settings: Readonly<Record<string, string>>;
  /** What the message of an event is with the filler, if it comes over gRPC. */
  fill(bytes: Uint8Array): Uint8Array;
  /** What has to be there when the service starts. */
  prepare(events: readonly NumberedEvent[]): Promise<void>;
  /** Publishes the rest, each batch when the one before is committed. */
  deliverAll(
    events: readonly NumberedEvent[],
    options: {
      /** Resolves when the next batch may be published. */
      readonly held: () => Promise<void>;
      readonly signal: AbortSignal;
    },
  ): Promise<readonly Delivered[]>;
  /** Numbers of the events in the topic of letters; `undefined`: there is none. */
  letters(signal: AbortSignal): Promise<ReadonlySet<number> | undefined>;
}

const GROUP = "handler";
const SUFFIX = "dlq";
const PARTITIONS = 4;
/** Events published at once. */
const BATCH = 50;
/** How often commits are looked at, in milliseconds. */
const LOOK_INTERVAL = 50;

/** Makes topics of the cell's own. */
export async function openKafkaRun(
  cluster: KafkaCluster,
  fault: KafkaFault,
): Promise<KafkaRun> {
  const { filler = 0 } = fault;
  const prefix = `faults-${newId()}`;
  const group = `${prefix}.${GROUP}`;
  const event = findEvent(PROTO_FOLDER, EVENT_TYPE);
  const [channel = ""] = EVENT_TYPE.split(".");
  const topic = `${prefix}.${channel}`;
  await using stack = new AsyncDisposableStack();
  const admin: KafkaAdmin = stack.use(kafkaAdmin(cluster.brokers));
  const ends = watchEnds();
  const stream: EventStream = stack.use(createEventStream({
    stream: "kafka",
    prefix,
    brokers: cluster.brokers,
    observer: ends.observer,
  }));
  await admin.createTopic(topic, { partitions: PARTITIONS });
  if (fault.letterTopic !== undefined) {
    await admin.createTopic(`${topic}.${SUFFIX}`, {
      partitions: 1,
      configs: fault.letterTopic,
    });
  }
  /** Records of the topic as it is now. */
  let published = 0;
  let publishing: Promise<unknown> = Promise.resolve();

  async function publishAll(events: readonly NumberedEvent[]): Promise<void> {
    publishing = Promise.all(events.map(async ({ bytes }) => {
      const { record } = streamRecord(event, bytes);
      await stream.sendRecord(channel, withFiller(record, filler));
    }));
    await publishing;
    published += events.length;
  }

  async function untilDone(signal: AbortSignal): Promise<void> {
    for (;;) {
      await publishing;
      // A topic that is created again has no offsets for a moment, or no coordinator.
      const offsets = await admin.offsets(group, topic).catch(() => undefined);
      const done = offsets?.reduce((sum, { offset }) => sum + offset, 0n);
      if (done === BigInt(published)) return;
      await sleep(LOOK_INTERVAL, signal);
    }
  }

  const running = stack.move();
  return {
    settings: {
      SOURCES: fault.source === "kafka" ? "grpc,kafka" : "grpc",
      KAFKA_BROKERS: cluster.brokers.join(),
      KAFKA_TOPIC_PREFIX: prefix,
      KAFKA_GROUP_ID: GROUP,
      ...(fault.letterTopic !== undefined && {
        DEAD_LETTER: `kafka:${SUFFIX}`,
      }),
    },
    fill: (bytes) =>
      fault.source === "kafka" || filler === 0
        ? bytes
        : withUnknownField(bytes, randomBytes(filler)),
    async prepare(events) {
      const { before = 0, offset } = fault;
      await publishAll(events.slice(0, before * events.length));
      if (offset === undefined) return;
      await admin.setOffsets(
        group,
        topic,
        Array.from({ length: PARTITIONS }, (_, partition) => ({
          partition,
          offset,
        })),
      );
    },
    async deliverAll(events, { held, signal }) {
      const left = events.slice(published);
      let isDone = true;
      while (left.length > 0 && isDone) {
        await held();
        await publishAll(left.splice(0, BATCH));
        isDone = await untilDone(signal).then(() => true, () => false);
      }
      return events.map((event) => ({
        event,
        deliveries: 1,
        // Nobody answers a topic.
        oks: 0,
        isUnfinished: !isDone,
      }));
    },
    async recreateTopic(signal) {
      await untilDone(signal);
      await admin.deleteTopic(topic);
      published = 0;
      await admin.createTopic(topic, { partitions: PARTITIONS });
    },
    async letters(signal) {
      if (fault.letterTopic === undefined) return undefined;
      const { open } = await readTopicLetters({
        stream,
        ends,
        topics: [`${channel}.${SUFFIX}`],
        group,
        signal,
      });
      return new Set(open.map(({ letter }) => numberOf(letter.event.id)));
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function withFiller(record: OutgoingRecord, length: number): OutgoingRecord {
  if (length === 0) return record;
  const envelope = JSON.parse(new TextDecoder().decode(record.value));
  const filler = randomBytes(length).toBase64();
  const value = JSON.stringify({ ...envelope, filler });
  return { ...record, value: new TextEncoder().encode(value) };
}

/** Number and wire type of a field that no message has, as protobuf writes them. */
const UNKNOWN_FIELD = [0xc2, 0xf7, 0x7f];

function withUnknownField(
  bytes: Uint8Array,
  content: Uint8Array,
): Uint8Array {
  const { length } = content;
  const size = [length & 0x7f | 0x80, length >> 7 & 0x7f | 0x80, length >> 14];
  return Uint8Array.of(...bytes, ...UNKNOWN_FIELD, ...size, ...content);
}

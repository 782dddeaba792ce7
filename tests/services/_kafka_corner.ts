/**
 * One test's own corner of a cluster: an AGS, a topic of logins, and what the service
 * needs to be told of both.
 *
 * @module
 */

import {
  CONSUMABLE_ITEM_ID,
  type Emulator,
  startEmulator,
} from "../../dev/emulator/mod.ts";
import { findEvent } from "../../dev/event_source.ts";
import { streamRecord } from "../../dev/stream_event.ts";
import { newId } from "../../lib/eventstream/names.ts";
import type { OutgoingRecord } from "../../lib/eventstream/record.ts";
import type { EventStream } from "../../lib/eventstream/stream.ts";
import { agsId, eventBytes, LOGGED_IN } from "../conformance/_events.ts";
import { CLIENT_SECRET } from "../conformance/_world.ts";
import { PROTO_FOLDER } from "../grpc/_fixture.ts";
import type { KafkaTest } from "./_kafka_tests.ts";
import type { Replica } from "./_service.ts";
import { until } from "./_until.ts";

const login = findEvent(PROTO_FOLDER, LOGGED_IN);

/** One test's own corner of the cluster. */
export interface Corner extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly stream: EventStream;
  /** The topic of logins, with prefix. */
  readonly topic: string;
  /** The service's group, with prefix. */
  readonly group: string;
  /** Settings of a service in this corner. */
  readonly env: Readonly<Record<string, string>>;
  /** Puts the login of a player on the topic; the same again by the same id. */
  publish(userId: string, id?: string): Promise<void>;
  /** The same, with more in the envelope, and in the record. */
  publishRecord(
    userId: string,
    more: Partial<OutgoingRecord> & {
      readonly envelope?: Readonly<Record<string, unknown>>;
    },
  ): Promise<void>;
  /** How often a player was granted the item. */
  grants(userId: string): number;
  /** Settles when all of them were granted it. */
  granted(players: readonly string[]): Promise<void>;
}

/** Options of {@linkcode makeCorner}. */
export interface CornerOptions {
  /** Whether the topic is there before anybody reads it. @default {true} */
  readonly hasTopic?: boolean;
}

/** Makes a corner. */
export async function makeCorner(
  { kafka, stream }: KafkaTest,
  { hasTopic = true }: CornerOptions = {},
): Promise<Corner> {
  const prefix = `stage-${newId()}`;
  const emulator = await startEmulator({ clientSecret: CLIENT_SECRET });
  const publisher = stream({ prefix });
  const elsewhere = streamRecord(login, eventBytes("elsewhere"));
  const { topic } = elsewhere;
  // A group begins with what is there: the topic is, before anybody reads it.
  if (hasTopic) await publisher.sendRecord(topic, elsewhere.record);
  const grants = (userId: string) =>
    emulator.state.grantCount(userId, CONSUMABLE_ITEM_ID).grants;
  return {
    emulator,
    stream: publisher,
    topic: `${prefix}.${topic}`,
    group: `${prefix}.handler`,
    env: {
      SOURCES: "grpc,kafka",
      KAFKA_BROKERS: kafka.brokers.join(),
      KAFKA_TOPIC_PREFIX: prefix,
      KAFKA_GROUP_ID: "handler",
      FULFILLMENT_API: "v3",
    },
    async publish(userId, id = agsId()) {
      const bytes = eventBytes(emulator.namespace, { userId, id });
      await publisher.sendRecord(topic, streamRecord(login, bytes).record);
    },
    async publishRecord(userId, { envelope, ...more }) {
      const bytes = eventBytes(emulator.namespace, { userId, id: agsId() });
      const { record } = streamRecord(login, bytes);
      const value = JSON.stringify({
        ...JSON.parse(new TextDecoder().decode(record.value)),
        ...envelope,
      });
      await publisher.sendRecord(topic, {
        ...record,
        value: new TextEncoder().encode(value),
        ...more,
      });
    },
    grants,
    async granted(players) {
      await until(
        `grants of ${players.length} players`,
        () => players.every((userId) => grants(userId) > 0) || undefined,
        { patience: 120_000 },
      );
    },
    [Symbol.asyncDispose]: () => emulator[Symbol.asyncDispose](),
  };
}

/** Settles when the service says that it is ready. */
export async function ready({ target }: Replica): Promise<void> {
  await until("readiness", async (signal) => {
    const response = await fetch(
      `http://127.0.0.1:${target.metricsPort}/readyz`,
      { signal },
    );
    await response.body?.cancel();
    return response.ok || undefined;
  });
}

/** Ids of new players. */
export function players(count: number): readonly string[] {
  return Array.from({ length: count }, () => agsId());
}

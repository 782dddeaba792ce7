/**
 * The Kafka source on a Kafka in memory.
 *
 * @module
 */

import { createApp } from "../../lib/core/app.ts";
import type { DeadLetter } from "../../lib/core/dead_letter.ts";
import {
  createMemoryBudget,
  type MemoryBudget,
} from "../../lib/core/memory_budget.ts";
import type { Middleware } from "../../lib/core/dispatcher.ts";
import type { Handler } from "../../lib/core/on.ts";
import { readCatalog } from "../../lib/events/catalog.ts";
import { createJsonEvents } from "../../lib/events/json_events.ts";
import { loadServedEvents } from "../../lib/events/served_events.ts";
import { createMemoryStore } from "../../lib/idempotency/memory_store.ts";
import { ENVELOPE_KEYS } from "../../lib/eventstream/event.ts";
import { createEventStream } from "../../lib/eventstream/mod.ts";
import { type KafkaSource, startKafkaSource } from "../../lib/kafka/source.ts";
import type { EventStream } from "../../lib/eventstream/stream.ts";
import { deadLetter } from "../../lib/middleware/dead_letter.ts";
import { createIdempotency } from "../../lib/middleware/idempotency.ts";
import { testContext, testHandler } from "../_support/delivery.ts";
import { type RecordingLogger, recordLog } from "../_support/log.ts";
import { PROTO_FOLDER } from "../grpc/_fixture.ts";
import { createFakeKafka, type FakeKafka } from "../eventstream/_fake_kafka.ts";
import { PATIENCE } from "../_support/patience.ts";

/** The topic of logins, in full. */
export const TOPIC = "stage.userAuthentication";
/** The group, in full. */
export const GROUP = "stage.handler";

/** A source and all that is around it. */
export interface TestSource extends AsyncDisposable {
  readonly kafka: FakeKafka;
  readonly stream: EventStream;
  readonly source: KafkaSource;
  /** Letters that were kept. */
  readonly letters: readonly DeadLetter[];
  /** Topics of events that no handler takes, and types of those with unknown fields. */
  readonly seen: readonly string[];
  readonly log: RecordingLogger;
  /** Puts a login on a partition. */
  login(id: string, partition?: number): void;
  /** Puts any text on a partition, with headers. */
  put(
    text: string,
    options?: {
      readonly partition?: number;
      readonly headers?: Readonly<Record<string, string>>;
    },
  ): void;
  /** Settles when so much of a partition is committed. */
  committed(offset: number, partition?: number): Promise<void>;
  /** What is committed of a partition. */
  offset(partition?: number): bigint | undefined;
  /** Ends taking events, as the service does. */
  drain(grace: number): Promise<number>;
}

/** Options of {@linkcode startSource}. */
export interface TestSourceOptions {
  /** What becomes of logins. */
  readonly handle: Handler["handle"];
  /** How many partitions the topic has. @default {1} */
  readonly partitions?: number;
  /** How often an event may fail; 0: there is no idempotency at all. @default {0} */
  readonly maxAttempts?: number;
  /** What events may take. @default {32 MiB} */
  readonly memory?: MemoryBudget;
  /** Keeps letters. */
  readonly keep?: () => Promise<void>;
  readonly middleware?: readonly Middleware[];
}

/** Starts a source that has all partitions. */
export async function startSource(
  options: TestSourceOptions,
): Promise<TestSource> {
  const { partitions = 1, maxAttempts = 0 } = options;
  const kafka = createFakeKafka();
  kafka.addTopic(TOPIC, partitions);
  const places = Array.from({ length: partitions }, (_, partition) => ({
    topic: TOPIC,
    partition,
  }));
  const log = recordLog();
  const letters: DeadLetter[] = [];
  const seen: string[] = [];
  const stream = createEventStream({
    stream: "kafka",
    prefix: "stage",
    brokers: ["kafka:9092"],
    port: () => Promise.resolve(kafka.port),
    log,
  });
  const sink = {
    async write(letter: DeadLetter) {
      await options.keep?.();
      letters.push(letter);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const catalog = readCatalog(PROTO_FOLDER);
  const app = createApp({
    handlers: [testHandler(options.handle)],
    knownTypes: catalog.types,
    middleware: [
      ...options.middleware ?? [],
      ...(maxAttempts === 0 ? [] : [
        createIdempotency({
          store: createMemoryStore(),
          ttl: 60_000,
          lease: 10_000,
          maxAttempts,
          log,
        }).middleware,
      ]),
      deadLetter({ sink }),
    ],
    createContext: testContext,
  });
  const source = startKafkaSource({
    app,
    stream,
    events: createJsonEvents({
      catalog,
      served: loadServedEvents(catalog, app.types).events,
      envelopeFields: ENVELOPE_KEYS,
    }),
    memory: options.memory ?? createMemoryBudget(33_554_432),
    prefix: "stage",
    groupId: "handler",
    groupProtocol: "classic",
    retry: { baseDelay: 1, maxDelay: 2 },
    observer: {
      unhandled: (topic) => void seen.push(topic),
      unknownFields: (type, count) => void seen.push(`${type} ${count}`),
    },
    log,
  });
  (await kafka.joined(1)).assign(places);
  await source.ready;
  const offset = (partition = 0) =>
    kafka.committed.get(`${TOPIC}:${partition}`);
  const put: TestSource["put"] = (text, { partition = 0, headers = {} } = {}) =>
    kafka.append({ topic: TOPIC, partition }, [{
      value: new TextEncoder().encode(text),
      headers: Object.entries(headers).map(([name, value]) =>
        [name, new TextEncoder().encode(value)] as const
      ),
    }]);
  return {
    kafka,
    stream,
    source,
    letters,
    seen,
    log,
    put,
    login: (id, partition = 0) => put(loginText(id), { partition }),
    offset,
    async committed(wanted, partition) {
      const end = Date.now() + PATIENCE;
      while ((offset(partition) ?? 0n) < BigInt(wanted)) {
        if (Date.now() > end) throw new Error(`Offset ${wanted} never came`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    drain: (grace) => app.drain(grace),
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await stream[Symbol.asyncDispose]();
    },
  };
}

/** A login as AGS publishes it. */
export function loginText(id: string, more: object = {}): string {
  return JSON.stringify({
    id,
    name: "userLoggedIn",
    namespace: "test-namespace",
    userId: "player",
    timestamp: "2026-11-21T18:20:31Z",
    version: 1,
    payload: { userAccount: { userId: "player" } },
    ...more,
  });
}

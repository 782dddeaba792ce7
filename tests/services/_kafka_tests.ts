/**
 * Tests on a real broker, which is started once for a file.
 *
 * @module
 */

import { createEventStream } from "../../lib/eventstream/mod.ts";
import { newId } from "../../lib/eventstream/names.ts";
import type { StreamObserver } from "../../lib/eventstream/observer.ts";
import type {
  EventStream,
  EventStreamOptions,
  SubscribeOptions,
} from "../../lib/eventstream/stream.ts";
import { type RecordingLogger, recordLog } from "../_support/log.ts";
import {
  GIVEN,
  type KafkaCluster,
  type KafkaOptions,
  missingForKafka,
  startKafka,
} from "./_kafka_cluster.ts";

/** What a test has to work with. */
export interface KafkaTest {
  /** The cluster. */
  readonly kafka: KafkaCluster;
  /** Makes a stream that is disposed at the test's end. */
  stream(options?: Partial<EventStreamOptions>): EventStream;
  /** What all streams of the test logged. */
  readonly log: RecordingLogger;
  /** A topic of the test's own, without prefix. */
  topic(name?: string): string;
}

/** Registers a test. */
export type RegisterKafkaTest = (
  name: string,
  run: (test: KafkaTest) => Promise<void>,
) => void;

/** What subscriptions in tests have: groups that notice soon. */
export const QUICK: Pick<
  SubscribeOptions,
  "heartbeatInterval" | "sessionTimeout" | "retry"
> = {
  heartbeatInterval: 300,
  sessionTimeout: 6_000,
  retry: { baseDelay: 20, maxDelay: 200 },
};

/** The prefix of all topics and groups. */
export const PREFIX = "prefix";

/**
 * Prepares a cluster for a file's tests. Without Java, Maven and `KAFKA_BROKERS` they are
 * ignored, and their names say why; with `REQUIRE_TOOLS=1` they fail.
 *
 * @param options With any, a given cluster will not do: it must be ours.
 */
export function kafkaTests(options?: KafkaOptions): RegisterKafkaTest {
  const missing = GIVEN.length > 0 && options === undefined
    ? undefined
    : missingForKafka();
  const isRequired = Deno.env.get("REQUIRE_TOOLS") === "1";
  if (missing !== undefined && !isRequired) {
    return (name) =>
      Deno.test.ignore(
        `${name} (ignored: ${missing}, and KAFKA_BROKERS names no broker)`,
        () => {},
      );
  }
  let kafka: KafkaCluster | undefined;
  Deno.test.beforeAll(async () => {
    if (missing === undefined) kafka = await startKafka(options);
  });
  Deno.test.afterAll(async () => {
    await kafka?.[Symbol.asyncDispose]();
  });
  return (name, run) =>
    Deno.test({
      name,
      // The library lets timers of connections that it has closed run out.
      sanitizeOps: false,
      async fn() {
        if (kafka === undefined) {
          throw new Error(`${missing}: expected it, as REQUIRE_TOOLS is 1`);
        }
        await runTest(kafka, run);
      },
    });
}

async function runTest(
  kafka: KafkaCluster,
  run: (test: KafkaTest) => Promise<void>,
): Promise<void> {
  const log = recordLog();
  await using streams = new AsyncDisposableStack();
  try {
    await run({
      kafka,
      log,
      topic: (name = "topic") => `${name}.${newId()}`,
      stream: (options) =>
        streams.use(createEventStream({
          stream: "kafka",
          prefix: PREFIX,
          brokers: kafka.brokers,
          strict: true,
          log,
          ...options,
        })),
    });
  } catch (error) {
    const lines = log.lines.slice(-20).map(({ message, fields }) =>
      `${message} ${Deno.inspect(fields, { depth: 3, compact: true })}`
    );
    throw new Error(`${error}\n${lines.join("\n")}`, { cause: error });
  }
}

/** An observer that counts. */
export interface CountingObserver extends StreamObserver {
  /** How often each of its functions was called, and each outcome occurred. */
  readonly counts: ReadonlyMap<string, number>;
}

/** Makes an observer that counts. */
export function countingObserver(): CountingObserver {
  const counts = new Map<string, number>();
  const count = (name: string, by = 1) =>
    counts.set(name, (counts.get(name) ?? 0) + by);
  return {
    counts,
    produced: ({ count: messages }) => count("produced", messages),
    produceFailed: ({ count: messages }) => count("produceFailed", messages),
    consumed: ({ outcome }) => count(outcome),
    retried: () => count("retried"),
    deadLettered: ({ reason }) => count(reason),
    lag: () => count("lag"),
    rebalanced: () => count("rebalanced"),
    committed: ({ error }) =>
      count(error === undefined ? "committed" : "commitFailed"),
  };
}

/**
 * The process that consumes: the event stream's client, or the library as it is.
 *
 * @module
 */

import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { Consumer, jsonDeserializer } from "@platformatic/kafka";
import { createEventStream } from "../../lib/eventstream/mod.ts";
import { BenchError } from "../errors.ts";
import { type ConsumeTask, isStream, type Progress } from "./task.ts";

/** When a process begins, and when it ends. */
export interface ConsumeTimes {
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Begins it. */
  readonly go: Promise<void>;
}

/** How long a commit may wait for more, in milliseconds: that of the event stream. */
const COMMIT_INTERVAL = 100;

/** Consumes until it is ended, and counts what is done. */
export async function consume(
  task: ConsumeTask,
  progress: Progress,
  times: ConsumeTimes,
): Promise<void> {
  if (isStream(task.client)) return await byStream(task, progress, times);
  return await byLibrary(task, progress, times);
}

/** Joins at once; the events at hand wait for the beginning. */
async function byStream(
  { brokers, topic, group, client, wait }: ConsumeTask,
  progress: Progress,
  { signal, go }: ConsumeTimes,
): Promise<void> {
  let hasBegun = false;
  const work = wait === 0 ? () => {} : () => delay(wait);
  await using stream = createEventStream({
    stream: "kafka",
    brokers,
    observer: {
      // What was at hand when its partition went to another is done there.
      consumed({ outcome }) {
        if (outcome === "handled") progress.done++;
      },
    },
  });
  const options = { topic, groupId: group, signal };
  const callback = () => hasBegun ? work() : go.then(work);
  const subscription = client === "stream-raw"
    ? stream.subscribe({ ...options, raw: true }, callback)
    : stream.subscribe(options, callback);
  progress.partitions = () => subscription.partitions.length;
  await go;
  hasBegun = true;
  await subscription.closed;
}

/** Joins at the beginning. */
async function byLibrary(
  { brokers, topic, group, client }: ConsumeTask,
  progress: Progress,
  { signal, go }: ConsumeTimes,
): Promise<void> {
  const consumer = new Consumer({
    clientId: "bench",
    groupId: group,
    bootstrapBrokers: [...brokers],
    ...(client === "bare-json" && {
      deserializers: { value: jsonDeserializer<unknown> },
    }),
  });
  await go;
  const stream = await consumer.consume({
    topics: [topic],
    mode: "committed",
    fallbackMode: "earliest",
    autocommit: COMMIT_INTERVAL,
  });
  stream.on("data", ({ value }) => {
    if (value === undefined) throw new BenchError("Record has no value");
    progress.done++;
  });
  if (!signal.aborted) await once(signal, "abort");
  await consumer.close(true);
}

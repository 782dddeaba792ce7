/**
 * The process that publishes.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import { createEventStream } from "../../lib/eventstream/mod.ts";
import type { PublishedEvent } from "../../lib/eventstream/outgoing_event.ts";
import { BenchError } from "../errors.ts";
import type { Progress, PublishTask } from "./task.ts";

/** Events that are not confirmed yet, at most. */
const WINDOW = 20_000;
/** Who the events are about: as many keys as there are players at a time. */
const USERS = 1_000;
/** How often a steady publisher publishes, in milliseconds. */
const BEAT = 10;

/**
 * Publishes, and counts what is confirmed.
 *
 * @throws {BenchError} An event was given up.
 */
export async function publish(
  { brokers, topic, pace, count }: PublishTask,
  progress: Progress,
  { signal, go }: { readonly signal: AbortSignal; readonly go: Promise<void> },
): Promise<void> {
  let failure: unknown;
  let confirmed = Promise.withResolvers<void>();
  await using stream = createEventStream({
    stream: "kafka",
    brokers,
    observer: {
      produced({ count }) {
        progress.done += count;
        confirmed.resolve();
      },
      produceFailed({ error }) {
        failure = error;
        confirmed.resolve();
      },
    },
  });
  await stream.metadata(topic, { signal });
  progress.isConnected = true;
  await go;

  async function nextConfirmed(): Promise<void> {
    await confirmed.promise;
    confirmed = Promise.withResolvers();
    if (failure !== undefined) {
      throw new BenchError("Events are not published", { cause: failure });
    }
  }

  if (pace === "confirmed") {
    for (let sent = 0; sent < count && !signal.aborted; sent++) {
      await stream.publishSync(eventOf(sent, topic));
    }
    return;
  }
  if (pace === "queued") {
    for (let sent = 0; sent < count && !signal.aborted; sent++) {
      if (sent - progress.done >= WINDOW) await nextConfirmed();
      stream.publish(eventOf(sent, topic));
    }
    while (progress.done < count && !signal.aborted) await nextConfirmed();
    return;
  }
  const start = performance.now();
  for (let sent = 0; !signal.aborted;) {
    const due = (performance.now() - start) / 1_000 * pace;
    for (; sent < due; sent++) stream.publish(eventOf(sent, topic));
    await delay(BEAT);
    if (failure !== undefined) await nextConfirmed();
  }
}

/** An event as games have them: a player, a session, a few fields. */
function eventOf(index: number, topic: string): PublishedEvent {
  const userId = (index % USERS).toString(16).padStart(32, "0");
  return {
    topic,
    name: "orderPaid",
    key: userId,
    userId,
    namespace: "bench",
    clientId: "0123456789abcdef0123456789abcdef",
    sessionId: "fedcba9876543210fedcba9876543210",
    traceId: "00112233445566778899aabbccddeeff",
    payload: {
      orderNo: `O${index}`,
      itemId: "bench-item",
      quantity: 1,
      currency: { code: "EUR", decimals: 2 },
      price: 499,
      tags: ["new", "summer"],
    },
  };
}

// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * `./task send --kafka`: publishes events as AGS's services do.
 *
 * @module
 */

import type { Environment } from "../lib/config/parse.ts";
import { channelOf } from "../lib/core/event_types.ts";
import { withPrefix } from "../lib/eventstream/names.ts";
import { EventStreamError } from "../lib/eventstream/errors.ts";
import { OPEN_CHANNELS } from "../lib/events/open_events.ts";
import {
  type MadeEvent,
  type SendableEvent,
  UnknownEventError,
} from "./event_source.ts";
import { connectKafka } from "./kafka.ts";
import { streamRecord } from "./stream_event.ts";

/** Options of {@linkcode publishEvents}. */
export interface PublishEventsOptions {
  /** The settings. */
  readonly env: Environment;
  /** Which event. */
  readonly event: SendableEvent;
  /** Makes the next one. */
  readonly make: () => MadeEvent;
  /** How many. */
  readonly repeat: number;
  /** How many a second; without it, as fast as they are confirmed. */
  readonly rate: number | undefined;
  /** Time for one event, in milliseconds. */
  readonly timeout: number;
}

/** Events on the way at once. */
const MAX_IN_FLIGHT = 256;

/**
 * Publishes them, and prints where they are.
 *
 * @returns Exit code: 0 when all are confirmed.
 * @throws {UnknownEventError} Such events do not come by Kafka.
 */
export async function publishEvents(
  options: PublishEventsOptions,
): Promise<number> {
  const { env, event, make, repeat, rate, timeout } = options;
  const channel = channelOf(event.type);
  if (OPEN_CHANNELS.includes(channel)) {
    throw new UnknownEventError(
      `Event "${event.type}" does not come by Kafka: AGS calls for it`,
    );
  }
  await using kafka = connectKafka(env);
  const inFlight = new Set<Promise<void>>();
  const failures: EventStreamError[] = [];
  let id = "";
  const start = performance.now();
  for (let index = 0; index < repeat; index++) {
    if (rate !== undefined) await until(start + index * 1_000 / rate);
    if (inFlight.size >= MAX_IN_FLIGHT) await Promise.race(inFlight);
    const made = streamRecord(event, make().bytes);
    id = made.id;
    const sent = kafka.stream.sendRecord(channel, made.record, { timeout })
      .catch((error) => {
        if (!(error instanceof EventStreamError)) throw error;
        failures.push(error);
      }).finally(() => inFlight.delete(sent));
    inFlight.add(sent);
  }
  await Promise.all(inFlight);
  const milliseconds = performance.now() - start;
  const topic = withPrefix(kafka.prefix, channel);
  const [failure] = failures;
  if (failure !== undefined) {
    const count = repeat === 1 ? "" : ` (${failures.length} of ${repeat})`;
    console.error(`Not published on ${topic}${count}: ${reasonOf(failure)}`);
    return 1;
  }
  console.log(
    repeat === 1
      ? `Published on ${topic} in ${milliseconds.toFixed(1)} ms, id ${id}`
      : `Published ${repeat} on ${topic}, ${
        (repeat * 1_000 / milliseconds).toFixed(0)
      } events/s`,
  );
  return 0;
}

function reasonOf(error: EventStreamError): string {
  const { cause } = error;
  return cause instanceof Error
    ? `${error.message} (${cause.message})`
    : error.message;
}

async function until(time: number): Promise<void> {
  const wait = time - performance.now();
  if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
}

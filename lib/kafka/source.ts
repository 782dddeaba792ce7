/**
 * The Kafka source: turns records of the event stream's topics into events for
 * the app.
 *
 * @module
 */

import type { EventTarget } from "../core/app.ts";
import type { Logger } from "../core/context.ts";
import { AppError, ShutdownError, TerminalError } from "../core/errors.ts";
import type { Event } from "../core/event.ts";
import {
  type MemoryBudget,
  type MemoryShare,
  tooDear,
} from "../core/memory_budget.ts";
import { attributesOf } from "../core/event_attributes.ts";
import { bytesId } from "../core/event_id.ts";
import { DRAINING, type Result, SKIPPED } from "../core/outcome.ts";
import { withoutPrefix, withPrefix } from "../eventstream/names.ts";
import type { Partition } from "../eventstream/observer.ts";
import { headerOf, RecordArrival } from "./record_arrival.ts";
import type { StreamRecord } from "../eventstream/record.ts";
import { isForGroup, REPLAY_HEADERS } from "./replay_headers.ts";
import type { EventStream } from "../eventstream/stream.ts";
import { unlessAborted } from "../core/async.ts";

/** Reads events, as implemented by `lib/events/json_events.ts`. */
export interface EventReader {
  /** Topics of events with a handler, without prefix. */
  readonly channels: readonly string[];
  /** Estimates the memory of an event once it is read. */
  costOf(channel: string, bytes: Uint8Array): number;
  /**
   * Reads an event.
   *
   * @throws {SyntaxError} It is not an event.
   */
  read(channel: string, text: string): {
    /** Its unmodified envelope. */
    readonly envelope: Readonly<Record<string, unknown>>;
    /** The event; `undefined` if no handler takes it. */
    readonly known: {
      readonly type: string;
      readonly source: string;
      /** Its message; `undefined` if it does not decode. */
      readonly data: Record<string, unknown> | undefined;
      readonly malformed: TerminalError | undefined;
      readonly unknownFields: number;
    } | undefined;
  };
}

/** Observes what the source reads besides handled events. */
export interface SourceObserver {
  /** An event that no handler takes. */
  unhandled?(topic: string): void;
  /** A record that is not an event. */
  undecodable?(topic: string): void;
  /** Fields of an event that its message does not define. */
  unknownFields?(type: string, count: number): void;
}

/** Options of {@linkcode startKafkaSource}. */
export interface KafkaSourceOptions {
  /** The app that takes the events. */
  readonly app: EventTarget;
  /** The stream that they come from. */
  readonly stream: EventStream;
  /** Reads them. */
  readonly events: EventReader;
  /** The memory budget for decoded events; if it is used up, they wait. */
  readonly memory: MemoryBudget;
  /** The prefix of topics and group. */
  readonly prefix: string;
  /** The consumer group, without prefix. */
  readonly groupId: string;
  /** Who forms the group. */
  readonly groupProtocol: "classic" | "consumer";
  /** The observer. @default {none} */
  readonly observer?: SourceObserver;
  /** Logs records that are not events. */
  readonly log: Logger;
  /** Delays between attempts, in milliseconds. @default {500, doubling up to 30000} */
  readonly retry?: { readonly baseDelay: number; readonly maxDelay: number };
}

/**
 * A running source. Disposing aborts running events; call `close` first to lose
 * nothing.
 */
export interface KafkaSource extends AsyncDisposable {
  /** The topics it reads, without prefix. */
  readonly topics: readonly string[];
  /**
   * Whether it is a member of its group, or is waiting for its topics to exist.
   */
  readonly isJoined: boolean;
  /** Its current partitions. */
  readonly partitions: readonly Partition[];
  /** Settles when it first has its partitions. */
  readonly ready: Promise<void>;
  /**
   * Stops reading, waits for running events, commits them, and leaves the
   * group; at the latest when `signal` aborts.
   */
  close(signal: AbortSignal): Promise<void>;
}

const NAME = "kafka";
const SHUTDOWN = new ShutdownError("Service is shutting down");
/** Go reads invalid UTF-8 as U+FFFD, and does not accept a byte order mark. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
/** The longest timer: the caller of `close` decides when to stop waiting. */
const MAX_GRACE = 2 ** 31 - 1;

/**
 * Starts reading. It survives any failure of the cluster.
 *
 * | The event ends | Its record |
 * |---|---|
 * | `handled`, `skipped`, `duplicate` | is committed |
 * | `rejected`, `exhausted` | is committed: its dead letter was written before |
 * | otherwise | is delivered again after a growing delay; what follows it on its partition waits |
 *
 * @throws {AppError} No handler takes an event from Kafka.
 */
export function startKafkaSource(options: KafkaSourceOptions): KafkaSource {
  const { app, stream, events, memory, prefix, groupId, observer } = options;
  const { channels: topics } = events;
  if (topics.length === 0) {
    throw new AppError(
      "No handler takes an event from Kafka: expected one, or SOURCES " +
        "without kafka",
    );
  }
  const group = withPrefix(prefix, groupId);
  /** Controllers of running events. */
  const controllers = new Set<AbortController>();

  async function deliver(record: StreamRecord): Promise<Result> {
    if (!isForGroup(record, group)) return SKIPPED;
    const value = record.value ?? new Uint8Array();
    const cost = events.costOf(channelOf(record), value);
    const fits = cost <= memory.limit;
    using share = fits ? await take(cost) : undefined;
    if (fits && share === undefined) return DRAINING;
    const found = fits
      ? read(record, value)
      : unreadable(record, tooDear(cost, memory));
    if (found === undefined) {
      observer?.unhandled?.(record.topic);
      return SKIPPED;
    }
    const { event, arrival, malformed } = found;
    const controller = new AbortController();
    controllers.add(controller);
    try {
      return await app.dispatch(event, {
        source: NAME,
        controller,
        bytes: record.value,
        malformed,
        share,
        arrival,
        isReplay: headerOf(record.headers, REPLAY_HEADERS.replay) !== undefined,
      });
    } finally {
      controllers.delete(controller);
    }
  }

  /**
   * A share of the memory, once others return theirs. `undefined` if the source
   * stops.
   */
  async function take(cost: number): Promise<MemoryShare | undefined> {
    try {
      return await memory.take(cost, stop.signal);
    } catch (error) {
      if (error === SHUTDOWN) return undefined;
      throw error;
    }
  }

  /** The event of a record; `undefined` if no handler takes it. */
  function read(record: StreamRecord, value: Uint8Array): Read | undefined {
    try {
      const { envelope, known } = events.read(
        channelOf(record),
        decoder.decode(value),
      );
      if (known === undefined) return undefined;
      const { type, source, data, malformed, unknownFields } = known;
      if (unknownFields > 0) observer?.unknownFields?.(type, unknownFields);
      const event: Event = data === undefined
        ? { type, source, id: bytesId(value), data }
        : { type, source, ...attributesOf(type, data) };
      return { event, arrival: new RecordArrival(record, envelope), malformed };
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      observer?.undecodable?.(record.topic);
      return unreadable(
        record,
        new TerminalError("Record is not an event", { cause }),
      );
    }
  }

  /** A record whose event is unknown; only its topic is known. */
  function unreadable(record: StreamRecord, malformed: TerminalError): Read {
    return {
      event: {
        type: channelOf(record),
        id: bytesId(record.value ?? new Uint8Array()),
        source: "",
        data: undefined,
      },
      arrival: new RecordArrival(record, {}),
      malformed,
    };
  }

  function channelOf({ topic }: StreamRecord): string {
    return withoutPrefix(prefix, topic);
  }

  const stop = new AbortController();
  const subscription = stream.subscribe({
    topic: topics,
    groupId,
    groupProtocol: options.groupProtocol,
    // The app aborts events at their deadline.
    grace: MAX_GRACE,
    // The app counts attempts, and ends them.
    retry: { ...options.retry, maxAttempts: Infinity },
    raw: true,
    signal: stop.signal,
  }, deliver);

  return {
    topics,
    ready: subscription.ready,
    get isJoined() {
      return subscription.isJoined;
    },
    get partitions() {
      return subscription.partitions;
    },
    async close(signal) {
      stop.abort(SHUTDOWN);
      await unlessAborted(subscription.closed, signal);
    },
    async [Symbol.asyncDispose]() {
      stop.abort(SHUTDOWN);
      for (const controller of controllers) controller.abort(SHUTDOWN);
      await subscription.closed;
    },
  };
}

/** An event that was read from a record. */
interface Read {
  readonly event: Event;
  readonly arrival: RecordArrival;
  readonly malformed: TerminalError | undefined;
}

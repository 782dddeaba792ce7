/**
 * A subscription: a series of memberships in a group.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";
import type { DeadLetter } from "./dead_letter.ts";
import { deliver, type RecordWork, type RetryOptions } from "./delivery.ts";
import type { Partition, SafeObserver } from "./observer.ts";
import {
  type ConsumerPort,
  type ConsumerPortOptions,
  type KafkaPort,
  partitionKey,
  type Place,
} from "./port.ts";
import type { StreamRecord } from "./record.ts";
import { runSession } from "./session.ts";
import { growingDelay, pause, unlessAborted } from "../core/async.ts";

/** A running subscription. */
export interface Subscription extends AsyncDisposable {
  /** Settles when it first has its partitions, or has ended before that. */
  readonly ready: Promise<void>;
  /**
   * Settles when it has ended: running records are done and committed, and the
   * group is left.
   */
  readonly closed: Promise<void>;
  /** Its current partitions. */
  readonly partitions: readonly Partition[];
  /**
   * Whether it is a member of its group, or has no reason to join because none
   * of its topics exists yet.
   */
  readonly isJoined: boolean;
}

/** Options of {@linkcode startSubscription}. */
export interface SubscriptionOptions
  extends Omit<ConsumerPortOptions, "topics"> {
  /** Access to the cluster. */
  readonly port: () => Promise<KafkaPort>;
  /** Full names of topics. It waits for those that do not exist. */
  readonly topics: readonly string[];
  /** Whether the group is temporary: it commits nothing and leaves no trace. */
  readonly isAnonymous: boolean;
  /** Where a partition begins without a commit. */
  readonly offset: "earliest" | "latest";
  /** When to retry; `undefined` for at-most-once. */
  readonly retry: RetryOptions | undefined;
  /** How long a commit may wait to be combined with others, in milliseconds. */
  readonly commitInterval: number;
  /** How long the running record may take at the end, in milliseconds. */
  readonly grace: number;
  /** Processes a record. */
  readonly work: RecordWork;
  /** Writes a dead letter. */
  readonly deadLetter: (letter: DeadLetter) => Promise<void>;
  /** Ends the subscription. */
  readonly signal: AbortSignal | undefined;
  /** The observer. */
  readonly observer: SafeObserver;
  /** Logs failures. */
  readonly log: Logger;
}

/** How often to look for missing topics, in milliseconds. */
const LOOK_OFTEN = 500;
/** How often to look for new partitions, in milliseconds. */
const LOOK_SELDOM = 30_000;
const RETRY = { base: 250, max: 10_000 };

/** Starts a subscription, which survives any failure of the cluster. */
export function startSubscription(options: SubscriptionOptions): Subscription {
  const { groupId, observer, log } = options;
  const stop = new AbortController();
  const interrupt = new AbortController();
  const ready = Promise.withResolvers<void>();
  const wrap = options.isAnonymous ? forgetful() : (port: ConsumerPort) => port;
  let partitions: readonly Partition[] = [];
  let isJoined = false;

  const delivery = {
    groupId,
    work: options.work,
    retry: options.retry,
    deadLetter: options.deadLetter,
    observer,
    log,
    signal: interrupt.signal,
  };

  function handle(
    record: StreamRecord,
    stopQueue: AbortSignal,
  ): boolean | Promise<boolean> {
    const outcome = deliver(record, stopQueue, delivery);
    return typeof outcome === "string"
      ? outcome !== "revoked"
      : outcome.then((each) => each !== "revoked");
  }

  /** One membership, until it fails or the topics change. */
  async function take(port: KafkaPort, found: Topics): Promise<void> {
    const changed = new AbortController();
    const signal = AbortSignal.any([stop.signal, changed.signal]);
    const watcher = watch(port, found, signal);
    const watching = watcher.changed.then(() => changed.abort());
    try {
      await runSession(signal, {
        consumer: wrap(
          port.consumer({ ...options, topics: [...found.keys()] }),
        ),
        groupId,
        offset: options.offset,
        atMostOnce: options.retry === undefined,
        commitInterval: options.commitInterval,
        grace: options.grace,
        handle,
        interrupt: () => {
          if (stop.signal.aborted) interrupt.abort(stop.signal.reason);
        },
        onAssigned(assigned) {
          partitions = assigned;
          isJoined = true;
          ready.resolve();
        },
        onLost: watcher.look,
        observer,
        log,
      });
    } finally {
      partitions = [];
      isJoined = false;
      changed.abort();
      await watching;
    }
  }

  /** Watches for topics or partitions other than those found. */
  function watch(port: KafkaPort, found: Topics, signal: AbortSignal) {
    let hurry = new AbortController();
    async function run(): Promise<void> {
      const isComplete = found.size === options.topics.length;
      while (!signal.aborted) {
        const early = AbortSignal.any([signal, hurry.signal]);
        await pause(isComplete ? LOOK_SELDOM : LOOK_OFTEN, early);
        hurry = new AbortController();
        if (signal.aborted) return;
        try {
          const looking = findTopics(port, options.topics);
          const now = await unlessAborted(looking, signal);
          if (now !== undefined && !isSame(now, found)) return;
        } catch {
          // The session notices by itself when the cluster is gone.
        }
      }
    }
    /** `look` checks at once; `changed` settles when they differ. */
    return { changed: run(), look: () => hurry.abort() };
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (!stop.signal.aborted) {
      const started = performance.now();
      try {
        const port = await options.port();
        const looking = findTopics(port, options.topics);
        const found = await unlessAborted(looking, stop.signal);
        if (found === undefined) break;
        isJoined = found.size === 0;
        if (found.size > 0) await take(port, found);
        else await pause(LOOK_OFTEN, stop.signal);
        failures = 0;
      } catch (error) {
        isJoined = false;
        if (stop.signal.aborted) break;
        // A membership that lasted was healthy: the next one is tried soon.
        failures = performance.now() - started > RETRY.max ? 1 : failures + 1;
        log.warn("Subscription was interrupted and continues", {
          groupId,
          topics: options.topics,
          error,
        });
        await pause(growingDelay(failures, RETRY), stop.signal);
      }
    }
  }

  const onAbort = () => stop.abort(options.signal?.reason);
  options.signal?.addEventListener("abort", onAbort, { once: true });
  if (options.signal?.aborted) onAbort();
  const closed = run().finally(() => {
    options.signal?.removeEventListener("abort", onAbort);
    ready.resolve();
  });
  return {
    ready: ready.promise,
    closed,
    get partitions() {
      return partitions;
    },
    get isJoined() {
      return isJoined;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await closed;
    },
  };
}

/** Existing topics, with their numbers of partitions. */
type Topics = ReadonlyMap<string, number>;

async function findTopics(
  port: KafkaPort,
  topics: readonly string[],
): Promise<Topics> {
  const found = await Promise.all(
    topics.map(async (topic) => [topic, await port.partitions(topic)] as const),
  );
  return new Map(
    found.flatMap(([topic, count]) =>
      count === undefined ? [] : [[topic, count]]
    ),
  );
}

function isSame(a: Topics, b: Topics): boolean {
  return a.size === b.size &&
    [...a].every(([key, value]) => b.get(key) === value);
}

/**
 * For a temporary group: offsets are kept here, from one membership to the
 * next, so that the broker forgets the group when it is left.
 */
function forgetful(): (port: ConsumerPort) => ConsumerPort {
  const places = new Map<string, Place>();
  return (port) => ({
    ...port,
    committed: (partitions) =>
      Promise.resolve(
        new Map(partitions.flatMap((each) => {
          const place = places.get(partitionKey(each));
          return place === undefined ? [] : [[partitionKey(each), place]];
        })),
      ),
    commit(positions) {
      for (const { topic, partition, ...place } of positions) {
        places.set(partitionKey({ topic, partition }), place);
      }
      return Promise.resolve();
    },
  });
}

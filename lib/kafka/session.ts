/**
 * One membership in a group, from joining to leaving: which partitions are ours, what is
 * read of them, and what is committed.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";
import { createCommitter } from "./committer.ts";
import { createLane, type Lane } from "./lane.ts";
import type { Partition, SafeObserver } from "./observer.ts";
import {
  type Assignment,
  type ConsumerPort,
  type Fetched,
  partitionKey,
  type Position,
} from "./port.ts";
import type { StreamRecord } from "./record.ts";
import { growingDelay, sleep, unlessAborted, within } from "./wait.ts";

/** Options of {@linkcode runSession}. */
export interface SessionOptions {
  /** The member. It is closed at the end. */
  readonly consumer: ConsumerPort;
  /** The group's full id. */
  readonly groupId: string;
  /** Where a partition begins of which nothing was ever committed. */
  readonly offset: "earliest" | "latest";
  /** Whether a record is committed before it is handled. */
  readonly atMostOnce: boolean;
  /** How long a commit may wait for more, in milliseconds. */
  readonly commitInterval: number;
  /** How long records may take to end, in milliseconds; then `interrupt` is called. */
  readonly grace: number;
  /** Does a record's work. @returns Whether it is done with. */
  readonly handle: (
    record: StreamRecord,
    stop: AbortSignal,
  ) => boolean | Promise<boolean>;
  /** Ends the work on the records at hand. */
  readonly interrupt: () => void;
  /** Called when the partitions are known, each time they are. */
  readonly onAssigned: (partitions: readonly Partition[]) => void;
  /** Who is told. */
  readonly observer: SafeObserver;
  /** Where failures go. */
  readonly log: Logger;
}

/** How long a broker waits for records, in milliseconds. */
const MAX_WAIT = 500;
/** The same while a full lane will have room soon, in milliseconds. */
const SHORT_WAIT = 10;
/** Bytes that wait in all lanes when only empty ones are read on. */
const MAX_BUFFERED = 16_777_216;
/** How long the last commit and the leaving may take each, in milliseconds. */
const GOODBYE = 5_000;
/** How often to look though nothing seems to have happened, in milliseconds. */
const TICK = 1_000;
const RETRY = { base: 100, max: 2_000 };
/** How long a partition that cannot be read is left alone, in milliseconds. */
const REST = 500;

/**
 * Takes part in a group until the signal ends.
 *
 * @throws {PortError} The membership is lost: a new one is needed.
 */
export async function runSession(
  signal: AbortSignal,
  options: SessionOptions,
): Promise<void> {
  const { consumer, groupId, observer, log } = options;
  const lanes = new Map<string, Lane>();
  /** Records at hand of lanes that are gone. */
  const leaving = new Map<string, Promise<void>>();
  const fetching = new Set<number>();
  /** Lanes without room, whose progress is waited for. */
  const full = new Set<Lane>();
  /** Until when partitions that cannot be read are left alone. */
  const resting = new Map<string, number>();
  let synced: Assignment | undefined;
  let failure: { readonly error: unknown } | undefined;
  let failures = 0;
  let wakeUp = Promise.withResolvers<void>();

  const isOpen = () => synced !== undefined && consumer.assignment() === synced;
  const committer = createCommitter({
    groupId,
    interval: options.commitInterval,
    positions: () =>
      [...lanes.values()].map(({ partition, done }) => ({
        ...partition,
        offset: done,
      })),
    isOpen,
    commit: (positions) => consumer.commit(positions),
    observer,
    log,
  });

  consumer.onChange((change) => {
    if (change.type === "failed") failure ??= { error: change.error };
    if (change.type === "rebalancing") committer.flush({ force: true });
    wakeUp.resolve();
  });

  async function sync(): Promise<void> {
    const now = consumer.assignment();
    if (now === undefined || now === synced) return;
    const isForgotten = synced !== undefined &&
      synced.memberId !== now.memberId;
    const kept = new Set(isForgotten ? [] : now.partitions.map(partitionKey));
    const lost = [...lanes].filter(([key]) => !kept.has(key));
    for (const [key, lane] of lost) drop(key, lane);
    const gained = now.partitions.filter((each) =>
      !lanes.has(partitionKey(each))
    );
    const starts = await findStarts(gained);
    if (signal.aborted) return;
    // It can have changed again meanwhile: what was read is old then.
    if (consumer.assignment() !== now) return wakeUp.resolve();
    for (const start of starts) open(start);
    synced = now;
    observer.rebalanced({
      groupId,
      gained,
      lost: lost.map(([, { partition }]) => partition),
    });
    options.onAssigned(now.partitions);
    for (const lane of lanes.values()) lane.wake();
    committer.touch();
  }

  function drop(key: string, lane: Lane): void {
    lanes.delete(key);
    const ended = lane.stop();
    leaving.set(key, ended);
    ended.then(() => {
      if (leaving.get(key) === ended) leaving.delete(key);
    });
  }

  /** Where partitions go on: what the group committed, or one of their ends. */
  async function findStarts(
    partitions: readonly Partition[],
  ): Promise<readonly Position[]> {
    if (partitions.length === 0) return [];
    // What a lane that is gone still does is not committed: it must end first, or its
    // record would be worked on twice at the same time.
    const committed = await consumer.committed(partitions);
    const unknown = partitions.filter((each) =>
      !committed.has(partitionKey(each))
    );
    const ends = unknown.length === 0
      ? new Map<string, bigint>()
      : await consumer.ends(unknown, options.offset);
    const starts = partitions.flatMap((each) => {
      const key = partitionKey(each);
      const offset = committed.get(key) ?? ends.get(key);
      return offset === undefined ? [] : [{ ...each, offset }];
    });
    if (options.offset === "latest" && unknown.length > 0) {
      // The end moves: who comes next must begin here, not there.
      const keys = new Set(unknown.map(partitionKey));
      await consumer.commit(
        starts.filter((each) => keys.has(partitionKey(each))),
      );
    }
    return starts;
  }

  function open({ offset, topic, partition }: Position): void {
    const place = { topic, partition };
    const key = partitionKey(place);
    const lane = createLane({
      partition: place,
      position: offset,
      after: leaving.get(key),
      handle: options.atMostOnce ? commitAndHandle : options.handle,
      isOpen,
      onProgress() {
        committer.touch();
        if (full.has(lane) && lane.wantsMore) wakeUp.resolve();
      },
    });
    lanes.set(key, lane);
    committer.start({ ...place, offset });
  }

  async function commitAndHandle(
    record: StreamRecord,
    stop: AbortSignal,
  ): Promise<boolean> {
    const { topic, partition, offset } = record;
    for (let attempt = 1; !stop.aborted; attempt++) {
      try {
        await consumer.commit([{ topic, partition, offset: offset + 1n }]);
        return await options.handle(record, stop);
      } catch (error) {
        log.warn("Offset is not committed, and is tried again", {
          groupId,
          error,
        });
        await sleep(growingDelay(attempt, RETRY), stop);
      }
    }
    return false;
  }

  async function read(): Promise<void> {
    if (!isOpen()) return;
    const now = performance.now();
    for (const [key, until] of resting) {
      if (until <= now) resting.delete(key);
    }
    full.clear();
    const buffered = [...lanes.values()].reduce(
      (sum, { bufferedBytes }) => sum + bufferedBytes,
      0,
    );
    const isRoomy = buffered < MAX_BUFFERED;
    const hungry = [...lanes].flatMap(([key, lane]) => {
      if (lane.wantsMore && (isRoomy || lane.bufferedBytes === 0)) {
        return resting.has(key) ? [] : [lane];
      }
      full.add(lane);
      return [];
    });
    if (hungry.length === 0) return;
    const leaders = await consumer.leaders(
      hungry.map(({ partition }) => partition),
    );
    const isShort = [...full].some((lane) => !lane.isStuck);
    const byNode = Map.groupBy(
      hungry,
      ({ partition }) => leaders.get(partitionKey(partition)),
    );
    for (const [node, wanted] of byNode) {
      if (node === undefined || fetching.has(node)) continue;
      fetchFrom(node, wanted, isShort ? SHORT_WAIT : MAX_WAIT);
    }
  }

  async function fetchFrom(
    node: number,
    wanted: readonly Lane[],
    maxWait: number,
  ): Promise<void> {
    fetching.add(node);
    const positions = wanted.map(({ partition, position }) => ({
      ...partition,
      offset: position,
    }));
    try {
      const all = await consumer.fetch({ node, positions, maxWait });
      const byKey = new Map(all.map((each) => [partitionKey(each), each]));
      for (const [index, lane] of wanted.entries()) {
        const from = positions[index]?.offset;
        const fetched = byKey.get(partitionKey(lane.partition));
        if (from !== undefined && fetched !== undefined) {
          await take(lane, fetched, from);
        }
      }
      failures = 0;
    } catch (error) {
      if (!signal.aborted) {
        failures++;
        log.warn("Records are not read", { groupId, node, error });
        await sleep(growingDelay(failures, RETRY), signal);
      }
    } finally {
      fetching.delete(node);
      wakeUp.resolve();
    }
  }

  async function take(
    lane: Lane,
    fetched: Fetched,
    from: bigint,
  ): Promise<void> {
    const { partition } = lane;
    if (fetched.error !== undefined) {
      // The others go on: this one is looked at again after a while.
      resting.set(partitionKey(partition), performance.now() + REST);
      if (fetched.error.code === "OFFSET_OUT_OF_RANGE") await skip(lane, from);
      else log.warn("Partition is not read", { groupId, error: fetched.error });
      return;
    }
    lane.push(fetched, from);
    if (fetched.end === undefined) return;
    const records = Number(fetched.end - lane.done);
    observer.lag({ ...partition, groupId, records: Math.max(0, records) });
  }

  /** What was to come next is gone, by the topic's retention or a broken log. */
  async function skip(lane: Lane, from: bigint): Promise<void> {
    if (lane.bufferedBytes > 0) return;
    const { partition } = lane;
    const key = partitionKey(partition);
    const first = (await consumer.ends([partition], "earliest")).get(key);
    const last = (await consumer.ends([partition], "latest")).get(key);
    if (first === undefined || last === undefined) return;
    const to = from < first ? first : last;
    log.error("Records are gone before they were read", {
      ...partition,
      groupId,
      from: String(from),
      to: String(to),
    });
    lane.seek(to);
    resting.delete(key);
  }

  async function loop(): Promise<void> {
    await unlessAborted(consumer.join(), signal);
    while (!signal.aborted) {
      if (failure !== undefined) throw failure.error;
      wakeUp = Promise.withResolvers();
      try {
        await unlessAborted(sync().then(read), signal);
      } catch (error) {
        failures++;
        log.warn("Group's partitions are not known, and are asked for again", {
          groupId,
          error,
        });
        await sleep(growingDelay(failures, RETRY), signal);
        continue;
      }
      await within(TICK, wakeUp.promise);
    }
  }

  async function end(): Promise<void> {
    const stopped = Promise.all([
      ...[...lanes.values()].map((lane) => lane.stop()),
      ...leaving.values(),
    ]);
    if (!await within(options.grace, stopped)) {
      options.interrupt();
      await within(TICK, stopped);
    }
    await within(GOODBYE, committer.flush());
    committer.stop();
    await within(GOODBYE, consumer.close());
  }

  const onAbort = () => wakeUp.resolve();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await loop();
  } finally {
    signal.removeEventListener("abort", onAbort);
    await end();
  }
}

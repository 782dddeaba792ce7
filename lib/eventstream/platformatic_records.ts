/**
 * What a broker answers to a fetch, as records.
 *
 * @module
 */

import {
  type Consumer,
  protocolErrorsCodesById,
  type RecordsBatch,
} from "@platformatic/kafka";
import type { Partition } from "./observer.ts";
import { portError } from "./platformatic_options.ts";
import {
  type Fetched,
  partitionKey,
  PortError,
  type Position,
} from "./port.ts";
import type { StreamRecord } from "./record.ts";

/** What the library's `fetch` resolves to. */
export type FetchResponse = Awaited<ReturnType<Consumer["fetch"]>>;
type FetchResponsePartition =
  FetchResponse["responses"][number]["partitions"][number];

/** Bits of a batch's attributes, by Kafka's record batch format. */
const IS_CONTROL = 1 << 5;
const HAS_APPEND_TIME = 1 << 3;

/** Versions of the request that do not know of it have no such field. */
const NOT_CUT = { epoch: -1, endOffset: -1n };

/** What was asked. */
export interface FetchRequest {
  /** Topics by their ids. */
  readonly names: ReadonlyMap<string, string>;
  /** Where reading goes on. */
  readonly positions: readonly Position[];
}

/**
 * What a broker said of other partitions than the one that failed.
 *
 * @throws {PortError} It said nothing of any.
 */
export function partialResponse(error: unknown): FetchResponse {
  const response = (error as { response?: FetchResponse }).response;
  if (response === undefined || response.errorCode !== 0) {
    throw portError("Records cannot be read", error);
  }
  return response;
}

/** The records that were asked for. What else is in the answer is left out. */
export function readFetched(
  response: FetchResponse,
  { names, positions }: FetchRequest,
): readonly Fetched[] {
  const wanted = new Map(positions.map((each) => [partitionKey(each), each]));
  return response.responses.flatMap(({ topicId, partitions }) =>
    partitions.flatMap((found) => {
      const topic = names.get(topicId);
      if (topic === undefined) return [];
      const partition = { topic, partition: found.partitionIndex };
      const position = wanted.get(partitionKey(partition));
      return position === undefined
        ? []
        : [readPartition(found, partition, position.offset)];
    })
  );
}

function readPartition(
  found: FetchResponsePartition,
  partition: Partition,
  from: bigint,
): Fetched {
  if (found.errorCode !== 0) {
    const code = protocolErrorsCodesById[found.errorCode];
    const error = new PortError(
      `Partition ${partition.partition} of "${partition.topic}" cannot be read: ` +
        (code ?? `error ${found.errorCode}`),
      { retryable: true, code },
    );
    return { ...partition, records: [], next: from, end: undefined, error };
  }
  const records: StreamRecord[] = [];
  let next = from;
  let leaderEpoch: number | undefined;
  for (const batch of found.records ?? []) {
    const end = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
    if (end > next) next = end;
    leaderEpoch = batch.partitionLeaderEpoch;
    // Marks of transactions.
    if (batch.attributes & IS_CONTROL) continue;
    for (const record of batch.records) {
      const offset = batch.firstOffset + BigInt(record.offsetDelta);
      // A batch comes whole, though only its end may be new.
      if (offset >= from) records.push(read(batch, record, partition, offset));
    }
  }
  // Transactions that are open hide what is behind them.
  const end = found.lastStableOffset >= 0n
    ? found.lastStableOffset
    : found.highWatermark;
  const { epoch, endOffset } = found.divergingEpoch ?? NOT_CUT;
  // The log ends earlier now: what is behind is no other place than its end.
  const cut = endOffset < 0n
    ? undefined
    : { offset: endOffset < from ? endOffset : from, leaderEpoch: epoch };
  return {
    ...partition,
    records,
    next,
    end,
    leaderEpoch,
    ...(cut !== undefined && { cut }),
  };
}

function read(
  batch: RecordsBatch,
  record: RecordsBatch["records"][number],
  { topic, partition }: Partition,
  offset: bigint,
): StreamRecord {
  return {
    topic,
    partition,
    offset,
    leaderEpoch: batch.partitionLeaderEpoch,
    ...(record.key !== null && { key: record.key }),
    ...(record.value !== null && { value: record.value }),
    headers: record.headers.map(([name, value]) => [
      name?.toString() ?? "",
      value ?? new Uint8Array(0),
    ]),
    timestamp: batch.attributes & HAS_APPEND_TIME
      ? batch.maxTimestamp
      : batch.firstTimestamp + record.timestampDelta,
  };
}

/**
 * Reads records from a broker's answer to a fetch.
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

/** The result of the library's `fetch`. */
export type FetchResponse = Awaited<ReturnType<Consumer["fetch"]>>;
type FetchResponsePartition =
  FetchResponse["responses"][number]["partitions"][number];

/** Bits of a batch's attributes, from Kafka's record batch format. */
const IS_CONTROL = 1 << 5;
const HAS_APPEND_TIME = 1 << 3;

/** Older versions of the request have no such field. */
const NOT_CUT = { epoch: -1, endOffset: -1n };

/** The request. */
export interface FetchRequest {
  /** Topic names by id. */
  readonly names: ReadonlyMap<string, string>;
  /** Where reading continues. */
  readonly positions: readonly Position[];
}

/**
 * The answer for the partitions other than the failed one.
 *
 * @throws {PortError} It has no such answer.
 */
export function partialResponse(error: unknown): FetchResponse {
  const response = (error as { response?: FetchResponse }).response;
  if (response === undefined || response.errorCode !== 0) {
    throw portError("Records cannot be read", error);
  }
  return response;
}

/** The requested records, without anything else in the answer. */
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
    // Transaction markers.
    if (batch.attributes & IS_CONTROL) continue;
    for (const record of batch.records) {
      const offset = batch.firstOffset + BigInt(record.offsetDelta);
      // A batch arrives whole, even if only its end is new.
      if (offset >= from) records.push(read(batch, record, partition, offset));
    }
  }
  // Open transactions hide the records after them.
  const end = found.lastStableOffset >= 0n
    ? found.lastStableOffset
    : found.highWatermark;
  const { epoch, endOffset } = found.divergingEpoch ?? NOT_CUT;
  // The log now ends earlier: later positions map to its end.
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

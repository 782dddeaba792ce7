import assert from "node:assert/strict";
import type { ClusterMetadata, RecordsBatch } from "@platformatic/kafka";
import fc from "fast-check";
import { assignPartitions } from "../../lib/eventstream/platformatic_assigner.ts";
import {
  type FetchResponse,
  readFetched,
} from "../../lib/eventstream/platformatic_records.ts";

function metadataOf(counts: Readonly<Record<string, number>>): ClusterMetadata {
  const topics = new Map(
    Object.entries(counts).map(([topic, partitionsCount]) => [topic, {
      id: topic,
      partitions: [],
      partitionsCount,
      lastUpdate: 0,
    }]),
  );
  return { id: "", brokers: new Map(), controllerId: 1, topics, lastUpdate: 0 };
}

Deno.test("each partition goes to one member that subscribed to its topic, in fair shares", () => {
  const topic: fc.Arbitrary<string> = fc.constantFrom("a", "b", "c");
  const members = fc.dictionary(
    fc.constantFrom("m1", "m2", "m3", "m4"),
    fc.uniqueArray(topic, { minLength: 1 }),
    { minKeys: 1 },
  );
  const counts = fc.record({ a: fc.nat(9), b: fc.nat(9), c: fc.nat(9) });
  fc.assert(fc.property(members, counts, (subscribed, sizes) => {
    const result = assignPartitions(
      "",
      new Map(
        Object.entries(subscribed).map((
          [memberId, topics],
        ) => [memberId, { memberId, topics, version: 1 }]),
      ),
      new Set(),
      metadataOf(sizes),
    );
    const given = result.flatMap(({ memberId, assignments }) =>
      [...assignments.values()].flatMap(({ topic, partitions }) => {
        assert.ok(subscribed[memberId]?.includes(topic));
        return partitions.map((partition) => `${topic}:${partition}`);
      })
    );
    const wanted = new Set(Object.values(subscribed).flat());
    const expected = Object.entries(sizes)
      .filter(([name]) => wanted.has(name))
      .flatMap(([name, count]) =>
        Array.from({ length: count }, (_, index) => `${name}:${index}`)
      );
    assert.deepEqual(given.sort(), expected.sort());
    for (const name of wanted) {
      const shares = result
        .filter(({ memberId }) => subscribed[memberId]?.includes(name))
        .map(({ assignments }) =>
          assignments.get(name)?.partitions.length ?? 0
        );
      assert.ok(Math.max(...shares) - Math.min(...shares) <= 1);
    }
  }));
});

function batch(fields: Partial<RecordsBatch>, deltas: readonly number[]) {
  return {
    firstOffset: 0n,
    lastOffsetDelta: deltas.at(-1) ?? 0,
    attributes: 0,
    firstTimestamp: 1_000n,
    maxTimestamp: 5_000n,
    records: deltas.map((offsetDelta) => ({
      offsetDelta,
      timestampDelta: BigInt(offsetDelta),
      key: null,
      value: null,
      headers: [],
    })),
    ...fields,
  } as unknown as RecordsBatch;
}

function read(records: readonly RecordsBatch[], offset: bigint, errorCode = 0) {
  const partition = {
    partitionIndex: 0,
    errorCode,
    highWatermark: 100n,
    lastStableOffset: 50n,
    logStartOffset: 0n,
    abortedTransactions: null,
    preferredReadReplica: -1,
    records: [...records],
  };
  const response: FetchResponse = {
    throttleTimeMs: 0,
    errorCode: 0,
    sessionId: 0,
    responses: [{ topicId: "id", partitions: [partition] }],
  };
  const [found] = readFetched(response, {
    names: new Map([["id", "t"]]),
    positions: [{ topic: "t", partition: 0, offset }],
  });
  return found;
}

Deno.test("records before the position are left out, though their batch comes whole", () => {
  const found = read([batch({ firstOffset: 10n }, [0, 1, 2, 3])], 12n);
  assert.deepEqual(found?.records.map(({ offset }) => offset), [12n, 13n]);
  assert.equal(found?.next, 14n);
  assert.equal(found?.end, 50n);
});

Deno.test("marks of transactions and gaps are passed over", () => {
  const found = read([
    batch({ lastOffsetDelta: 4 }, [0, 3]),
    batch({ firstOffset: 5n, attributes: 1 << 5 }, [0]),
  ], 0n);
  assert.deepEqual(found?.records.map(({ offset }) => offset), [0n, 3n]);
  assert.equal(found?.next, 6n);
});

Deno.test("a record's time is its own, or the broker's where the topic says so", () => {
  const own = read([batch({}, [0, 2])], 0n);
  assert.deepEqual(own?.records.map(({ timestamp }) => timestamp), [
    1_000n,
    1_002n,
  ]);
  const broker = read([batch({ attributes: 1 << 3 }, [0, 2])], 0n);
  assert.deepEqual(
    broker?.records.map(({ timestamp }) => timestamp),
    [5_000n, 5_000n],
  );
});

Deno.test("a partition that cannot be read says why, and keeps its position", () => {
  const found = read([], 7n, 1);
  assert.equal(found?.error?.code, "OFFSET_OUT_OF_RANGE");
  assert.equal(found?.next, 7n);
});

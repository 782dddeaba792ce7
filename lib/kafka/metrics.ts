/**
 * Metrics of the event stream: records read, events published, and lag.
 *
 * @module
 */

import type {
  CounterChild,
  Family,
  LabelledValue,
  Metrics,
} from "../core/metrics.ts";
import type {
  Partition,
  RecordOutcome,
  RelocationReason,
} from "../eventstream/observer.ts";

/** The state of reading. */
export interface KafkaReading {
  /** Full names of the topics that are read. */
  readonly topics: readonly string[];
  /** The source. */
  readonly source: {
    /** The current partitions of this process. */
    readonly partitions: readonly Partition[];
    /** Whether it is a member of its group. */
    readonly isJoined: boolean;
  };
}

/**
 * The metrics of the event stream: the client's (`lib/eventstream/observer.ts`)
 * and the source's (`lib/kafka/source.ts`).
 */
export interface KafkaMetrics {
  /** Starts the counters of these topics at 0. */
  watch(reading: KafkaReading): void;
  /** Counts confirmed records. */
  produced(
    batch: Partition & { readonly count: number; readonly seconds: number },
  ): void;
  /** Counts records that could not be sent. */
  produceFailed(
    batch: { readonly topic: string; readonly count: number },
  ): void;
  /** Counts a finished record. */
  consumed(record: Partition & { readonly outcome: RecordOutcome }): void;
  /** Counts a retried record. */
  retried(record: Partition): void;
  /** Sets how many records of a partition are unfinished. */
  lag(lag: Partition & { readonly records: number }): void;
  /** Counts a rebalance. */
  rebalanced(): void;
  /** Counts a partition that is read from another position than expected. */
  relocated(partition: Partition & { readonly reason: RelocationReason }): void;
  /** Counts a commit. */
  committed(
    commit: { readonly seconds: number; readonly error?: unknown },
  ): void;
  /** Counts an undecodable record. */
  undecodable(topic: string): void;
  /** Counts an event that no handler takes. */
  unhandled(topic: string): void;
  /** Counts fields that an event's message does not define. */
  unknownFields(type: string, count: number): void;
}

/** The source's outcomes: it drops nothing. */
const OUTCOMES: readonly RecordOutcome[] = [
  "handled",
  "skipped",
  "dead",
  "revoked",
];

const RELOCATIONS: readonly RelocationReason[] = [
  "expired",
  "beyond_end",
  "truncated",
  "recreated",
];

/** Registers the metrics. */
export function createKafkaMetrics(metrics: Metrics): KafkaMetrics {
  const counter = (name: string, help: string, ...labelNames: string[]) =>
    metrics.counter({
      name: `eventstream_${name}_total`,
      help,
      labelNames,
    });
  const durations = (name: string, help: string) =>
    metrics.durations({
      name: `eventstream_${name}_seconds`,
      help,
      labelNames: [],
    }).child({});
  const produced = perTopic(counter(
    "produced",
    "Records sent to the event stream, by whether they were confirmed.",
    "topic",
    "outcome",
  ));
  const consumed = perTopic(counter(
    "consumed",
    "Finished records of the event stream, by outcome.",
    "topic",
    "outcome",
  ));
  const retries = perTopic(
    counter("retries", "Records delivered again.", "topic"),
  );
  const undecodable = perTopic(
    counter("undecodable", "Records that are not events.", "topic"),
  );
  const unhandled = perTopic(
    counter("unhandled", "Events that no handler takes.", "topic"),
  );
  const unknownFields = counter(
    "unknown_fields",
    "Fields of events that their messages do not define.",
    "type",
  );
  const relocations = perTopic(counter(
    "relocations",
    "Partitions read from another position, because the expected one did not " +
      "exist.",
    "topic",
    "reason",
  ));
  const rebalances = counter(
    "rebalances",
    "Rebalances of the group.",
  ).child({});
  const commits = counter(
    "commits",
    "Offset commits, by whether they succeeded.",
    "outcome",
  );
  const [taken, refused] = [
    commits.child({ outcome: "committed" }),
    commits.child({ outcome: "failed" }),
  ];
  const publishTime = durations(
    "publish",
    "Time from sending a batch of records to its confirmation.",
  );
  const commitTime = durations("commit", "Duration of a commit.");
  const lags = new Map<string, number>();

  return {
    watch({ topics, source }) {
      for (const topic of topics) {
        for (const outcome of OUTCOMES) consumed(topic, { outcome });
        for (const reason of RELOCATIONS) relocations(topic, { reason });
        for (const each of [retries, undecodable, unhandled]) each(topic, {});
      }
      createLag(metrics, { topics, lags, source });
      metrics.reading({
        name: "eventstream_joined",
        help: "Whether this process is a member of its group: 1 or 0.",
        read: () => source.isJoined ? 1 : 0,
      });
      metrics.reading({
        name: "eventstream_partitions",
        help: "Partitions assigned to this process.",
        read: () => source.partitions.length,
      });
    },
    produced({ topic, count, seconds }) {
      produced(topic, { outcome: "confirmed" }).value += count;
      publishTime.observe(seconds);
    },
    produceFailed({ topic, count }) {
      produced(topic, { outcome: "failed" }).value += count;
    },
    consumed({ topic, outcome }) {
      consumed(topic, { outcome }).value++;
    },
    retried: ({ topic }) => void retries(topic, {}).value++,
    lag: (lag) => void lags.set(nameOf(lag), lag.records),
    rebalanced: () => void rebalances.value++,
    relocated: ({ topic, reason }) =>
      void relocations(topic, { reason }).value++,
    committed({ seconds, error }) {
      (error === undefined ? taken : refused).value++;
      commitTime.observe(seconds);
    },
    undecodable: (topic) => void undecodable(topic, {}).value++,
    unhandled: (topic) => void unhandled(topic, {}).value++,
    unknownFields(type, count) {
      unknownFields.child({ type }).value += count;
    },
  };
}

/**
 * The sum over this process's partitions of a topic; other processes report
 * theirs.
 */
function createLag(
  metrics: Metrics,
  { topics, lags, source }: KafkaReading & {
    readonly lags: ReadonlyMap<string, number>;
  },
): void {
  metrics.readings({
    name: "eventstream_lag_records",
    help: "Unfinished records of this process's partitions.",
    labelNames: ["topic"],
    read() {
      const sums = new Map(topics.map((topic) => [topic, 0]));
      for (const partition of source.partitions) {
        const { topic } = partition;
        const lag = lags.get(nameOf(partition)) ?? 0;
        sums.set(topic, (sums.get(topic) ?? 0) + lag);
      }
      return [...sums].map(([topic, sum]): LabelledValue => [{ topic }, sum]);
    },
  });
}

function nameOf({ topic, partition }: Partition): string {
  return `${topic}:${partition}`;
}

/**
 * The most topics with their own series, because handlers can publish on any.
 * The rest is `other`.
 */
const MAX_TOPICS = 200;

/** The labels of a topic's series. */
type SeriesLabels = { readonly outcome?: string; readonly reason?: string };

/** Series of a topic, looked up without formatting their labels. */
function perTopic(
  family: Family<CounterChild>,
): (topic: string, labels: SeriesLabels) => CounterChild {
  const topics = new Map<string, Map<string, CounterChild>>();
  return (topic, labels) => {
    const known = topics.has(topic) || topics.size < MAX_TOPICS
      ? topic
      : "other";
    let children = topics.get(known);
    if (children === undefined) topics.set(known, children = new Map());
    const key = labels.outcome ?? labels.reason ?? "";
    let child = children.get(key);
    if (child === undefined) {
      child = family.child({ topic: known, ...labels });
      children.set(key, child);
    }
    return child;
  };
}

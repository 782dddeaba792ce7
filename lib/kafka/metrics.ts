/**
 * What goes through the event stream: records read, events published, and how far behind
 * the reading is.
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

/** What is known once events are read. */
export interface KafkaReading {
  /** The topics that are read, in full. */
  readonly topics: readonly string[];
  /** The source. */
  readonly source: {
    /** The partitions that this process has now. */
    readonly partitions: readonly Partition[];
    /** Whether it is a member of its group. */
    readonly isJoined: boolean;
  };
}

/**
 * The metrics of the event stream: what its client tells (`lib/eventstream/observer.ts`), and
 * what the source does (`lib/kafka/source.ts`).
 */
export interface KafkaMetrics {
  /** Counts from 0 on what these topics can bring. */
  watch(reading: KafkaReading): void;
  /** Counts records that are confirmed. */
  produced(
    batch: Partition & { readonly count: number; readonly seconds: number },
  ): void;
  /** Counts records that are given up. */
  produceFailed(
    batch: { readonly topic: string; readonly count: number },
  ): void;
  /** Counts a record that is finished. */
  consumed(record: Partition & { readonly outcome: RecordOutcome }): void;
  /** Counts a record that is tried again. */
  retried(record: Partition): void;
  /** Keeps how many records of a partition are unfinished. */
  lag(lag: Partition & { readonly records: number }): void;
  /** Counts that the group was distributed anew. */
  rebalanced(): void;
  /** Counts that a partition is read on elsewhere than where it was to be. */
  relocated(partition: Partition & { readonly reason: RelocationReason }): void;
  /** Counts a commit. */
  committed(
    commit: { readonly seconds: number; readonly error?: unknown },
  ): void;
  /** Counts a record that is no event. */
  undecodable(topic: string): void;
  /** Counts an event that no handler takes. */
  unhandled(topic: string): void;
  /** Counts fields that an event's message does not have. */
  unknownFields(type: string, count: number): void;
}

/** Those that the source has: it drops nothing. */
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
    "Records sent to the event stream, by whether they arrived.",
    "topic",
    "outcome",
  ));
  const consumed = perTopic(counter(
    "consumed",
    "Records of the event stream that are finished, by how.",
    "topic",
    "outcome",
  ));
  const retries = perTopic(
    counter("retries", "Records that were delivered again.", "topic"),
  );
  const undecodable = perTopic(
    counter("undecodable", "Records that are no events.", "topic"),
  );
  const unhandled = perTopic(
    counter("unhandled", "Events that no handler takes.", "topic"),
  );
  const unknownFields = counter(
    "unknown_fields",
    "Fields of events that their messages do not have.",
    "type",
  );
  const relocations = perTopic(counter(
    "relocations",
    "Partitions that were read on elsewhere: the place was not there.",
    "topic",
    "reason",
  ));
  const rebalances = counter(
    "rebalances",
    "How often partitions were distributed among the group's members.",
  ).child({});
  const commits = counter(
    "commits",
    "Commits of what is done, by whether they were taken.",
    "outcome",
  );
  const [taken, refused] = [
    commits.child({ outcome: "committed" }),
    commits.child({ outcome: "failed" }),
  ];
  const publishTime = durations(
    "publish",
    "Time from sending a batch of records until it is confirmed.",
  );
  const commitTime = durations("commit", "Time that a commit takes.");
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
        help: "Partitions that this process has.",
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

/** The sum over the partitions of a topic that this process has: others know theirs. */
function createLag(
  metrics: Metrics,
  { topics, lags, source }: KafkaReading & {
    readonly lags: ReadonlyMap<string, number>;
  },
): void {
  metrics.readings({
    name: "eventstream_lag_records",
    help: "Records that wait or are at hand, of this process's partitions.",
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

/** Topics that are told apart: handlers can publish on any. The rest is `other`. */
const MAX_TOPICS = 200;

/** What tells the series of a topic apart. */
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

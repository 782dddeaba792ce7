/**
 * What the client tells about its work: metrics and traces are built on it.
 *
 * @module
 */

/** How a record ended that came out of a subscription. */
export type RecordOutcome =
  /** The callback resolved: an app that took it has finished it, whichever way. */
  | "handled"
  /** Its event has another name than was subscribed to. */
  | "skipped"
  /** It went to the dead letters. */
  | "dead"
  /** The callback failed, and at most once was asked for. */
  | "dropped"
  /** The partition went to another member while it was worked on. */
  | "revoked";

/** Why a record went to the dead letters. */
export type DeadReason =
  /** It is not an event. */
  | "undecodable"
  /** The callback said that trying again cannot help. */
  | "rejected"
  /** The callback failed as often as it may. */
  | "exhausted";

/** Why the place where a partition was to be read on is not there. */
export type RelocationReason =
  /** The topic's retention was quicker: records are lost. */
  | "expired"
  /** The partition ends before it. */
  | "beyond_end"
  /** The log was cut back to an earlier place: a leader was behind. */
  | "truncated"
  /** The topic was deleted and created again. */
  | "recreated";

/** A partition of a topic. */
export interface Partition {
  /** The topic's full name. */
  readonly topic: string;
  /** The partition, from 0. */
  readonly partition: number;
}

/**
 * What the client tells about its work. Each function is optional, is called on the
 * event path and has to be quick; what it throws is lost.
 */
export interface StreamObserver {
  /** A batch was confirmed by the broker. */
  produced?(
    batch: Partition & {
      readonly count: number;
      readonly bytes: number;
      readonly seconds: number;
    },
  ): void;
  /** Messages were given up. */
  produceFailed?(
    batch: {
      readonly topic: string;
      readonly count: number;
      readonly error: unknown;
    },
  ): void;
  /** A record is finished, after `seconds` from its first attempt. */
  consumed?(
    record: Partition & {
      readonly groupId: string;
      readonly outcome: RecordOutcome;
      readonly attempts: number;
      readonly seconds: number;
    },
  ): void;
  /** The callback failed, and is called again after `delay` milliseconds. */
  retried?(
    record: Partition & {
      readonly groupId: string;
      readonly attempt: number;
      readonly delay: number;
      readonly error: unknown;
    },
  ): void;
  /** A record is in the dead letters. */
  deadLettered?(
    letter: Partition & {
      readonly groupId: string;
      readonly reason: DeadReason;
    },
  ): void;
  /** How many records of a partition are unfinished. */
  lag?(
    lag: Partition & { readonly groupId: string; readonly records: number },
  ): void;
  /** The group's partitions were distributed anew. */
  rebalanced?(
    change: {
      readonly groupId: string;
      readonly gained: readonly Partition[];
      readonly lost: readonly Partition[];
    },
  ): void;
  /** A partition is read on elsewhere: the place where it was to be is not there. */
  relocated?(
    partition: Partition & {
      readonly groupId: string;
      readonly reason: RelocationReason;
    },
  ): void;
  /** Offsets were committed, or could not be. */
  committed?(
    commit: {
      readonly groupId: string;
      readonly partitions: number;
      readonly seconds: number;
      readonly error?: unknown;
    },
  ): void;
}

/** An observer all of whose functions are there, and never throw. */
export type SafeObserver = Required<StreamObserver>;

const NAMES = [
  "produced",
  "produceFailed",
  "consumed",
  "retried",
  "deadLettered",
  "lag",
  "rebalanced",
  "relocated",
  "committed",
] as const;

/** Makes an observer that cannot disturb the client. */
export function safeObserver(observer: StreamObserver = {}): SafeObserver {
  const entries = NAMES.map((name) => {
    const tell = observer[name]?.bind(observer) as
      | ((fact: unknown) => void)
      | undefined;
    return [name, (fact: unknown) => {
      try {
        tell?.(fact);
      } catch {
        // Who looks on must not change what happens.
      }
    }];
  });
  return Object.fromEntries(entries) as SafeObserver;
}

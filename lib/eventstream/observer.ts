/**
 * Observation of the client, for metrics and traces.
 *
 * @module
 */

/** The outcome of a record of a subscription. */
export type RecordOutcome =
  /** The callback resolved, or an app finished the record with any outcome. */
  | "handled"
  /** Its event has another name than the subscribed one. */
  | "skipped"
  /** It became a dead letter. */
  | "dead"
  /** The callback failed, and delivery is at-most-once. */
  | "dropped"
  /** The partition went to another member meanwhile. */
  | "revoked";

/** Why a record became a dead letter. */
export type DeadReason =
  /** It is not an event. */
  | "undecodable"
  /** The callback reported that a retry cannot help. */
  | "rejected"
  /** The callback failed `maxAttempts` times. */
  | "exhausted";

/** Why the position at which a partition was to be read no longer exists. */
export type RelocationReason =
  /** The topic's retention deleted it: records are lost. */
  | "expired"
  /** The partition ends before it. */
  | "beyond_end"
  /** The log was truncated by a lagging leader. */
  | "truncated"
  /** The topic was deleted and recreated. */
  | "recreated";

/** A partition of a topic. */
export interface Partition {
  /** The topic's full name. */
  readonly topic: string;
  /** The partition, from 0. */
  readonly partition: number;
}

/**
 * Observes the client. Each function is optional, is called on the event path
 * and has to be fast; errors that it throws are ignored.
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
  /** Messages could not be delivered. */
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
  /** A dead letter was written. */
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
  /** The group was rebalanced. */
  rebalanced?(
    change: {
      readonly groupId: string;
      readonly gained: readonly Partition[];
      readonly lost: readonly Partition[];
    },
  ): void;
  /**
   * A partition is read from another position, because the expected one does
   * not exist.
   */
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

/** An observer with all functions, none of which throws. */
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

/** Creates an observer that cannot disturb the client. */
export function safeObserver(observer: StreamObserver = {}): SafeObserver {
  const entries = NAMES.map((name) => {
    const tell = observer[name]?.bind(observer) as
      | ((fact: unknown) => void)
      | undefined;
    return [name, (fact: unknown) => {
      try {
        tell?.(fact);
      } catch {
        // An observer must not affect the client.
      }
    }];
  });
  return Object.fromEntries(entries) as SafeObserver;
}

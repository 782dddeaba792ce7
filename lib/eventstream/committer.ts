/**
 * Commits the offsets of finished records: shortly after they finish, for all
 * partitions together, one commit at a time.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";
import type { SafeObserver } from "./observer.ts";
import { partitionKey, type Position } from "./port.ts";

/** Options of {@linkcode createCommitter}. */
export interface CommitterOptions {
  /** The group's full id. */
  readonly groupId: string;
  /** How long a commit may wait to be combined with others, in milliseconds. */
  readonly interval: number;
  /**
   * The offset of each assigned partition; every record before it is finished.
   */
  readonly positions: () => readonly Position[];
  /** Whether committing is allowed now. */
  readonly isOpen: () => boolean;
  /** Commits. */
  readonly commit: (positions: readonly Position[]) => Promise<void>;
  /** The observer. */
  readonly observer: SafeObserver;
  /** Logs failures. */
  readonly log: Logger;
}

/** Commits the offsets of finished records. */
export interface Committer {
  /** Reports that a record has finished. */
  touch(): void;
  /** A partition was assigned, at this position. */
  start(position: Position): void;
  /** Commits now; with `force`, even if the assignment is not settled. */
  flush(options?: { readonly force?: boolean }): Promise<void>;
  /** Stops automatic commits. */
  stop(): void;
}

/** Creates a committer. */
export function createCommitter(options: CommitterOptions): Committer {
  const { groupId, interval, observer, log } = options;
  const committed = new Map<string, Position>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | undefined;
  let isStopped = false;

  async function commit(force: boolean): Promise<void> {
    if (!force && !options.isOpen()) return;
    const positions = options.positions().filter((each) =>
      !isSame(each, committed.get(partitionKey(each)))
    );
    if (positions.length === 0) return;
    const started = performance.now();
    const told = () => ({
      groupId,
      partitions: positions.length,
      seconds: (performance.now() - started) / 1_000,
    });
    try {
      await options.commit(positions);
      for (const each of positions) {
        committed.set(partitionKey(each), each);
      }
      observer.committed(told());
    } catch (error) {
      // Nothing is lost: a later commit includes it, or its records are
      // delivered again.
      observer.committed({ ...told(), error });
      log.warn("Offsets could not be committed", { groupId, error });
      touch();
    }
  }

  function touch(): void {
    if (isStopped) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      flush();
    }, interval);
  }

  /**
   * Begins at once if no commit is running, because a rebalance may be
   * imminent.
   */
  function flush({ force = false } = {}): Promise<void> {
    const next = running === undefined
      ? commit(force)
      : running.then(() => commit(force));
    running = next;
    return next.finally(() => {
      if (running === next) running = undefined;
    });
  }

  return {
    touch,
    start(position) {
      committed.set(partitionKey(position), position);
    },
    flush,
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

/**
 * Whether two commits are the same; not if they are of different topics' logs.
 */
function isSame(a: Position, b: Position | undefined): boolean {
  return a.offset === b?.offset && a.topicId === b.topicId;
}

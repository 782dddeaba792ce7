/**
 * Runs entries until they are done.
 *
 * @module
 */

import { follow, MAX_TIMEOUT, sleep } from "../core/async.ts";
import type {
  DeliverOptions,
  InboxDeadLetter,
  InboxDelivery,
  InboxVerdict,
} from "../core/inbox.ts";
import { Bell } from "./_bell.ts";
import type { Log } from "./_log.ts";
import type { InboxObserver } from "./_log_options.ts";
import type { LogReader, ReadEntry } from "./_log_reader.ts";
import { chooseDelay } from "./_retry_queue.ts";

const DAY = 86_400_000;
/** Pause after a failure to read, write or keep an entry, in milliseconds. */
const PAUSE = 1_000;

/** The logs that entries are run from and that failed ones go to. */
export interface DeliveryLogs {
  /** Accepted entries. */
  readonly accepted: Log;
  /**
   * Logs of failed entries: one for each of `delays`, and older ones with
   * longer delays.
   */
  readonly failed: readonly Log[];
  /** How long failed entries wait, in milliseconds, ascending. */
  readonly delays: readonly number[];
  /** Whether failed entries may be written now. */
  readonly hasRoom: () => boolean;
  /** Observes failures. */
  readonly observer: InboxObserver;
}

/** A log and its read position. */
interface Queue {
  readonly log: Log;
  readonly reader: LogReader;
  /** How long its entries wait, in milliseconds; undefined if they do not. */
  readonly delay: number | undefined;
  /** The entry at its head, with its due time. */
  head: { readonly entry: ReadEntry; readonly dueAt: number } | undefined;
  /** When it may be read again after a failed read. */
  pausedUntil: number;
}

/** Runs entries. */
export class Delivery implements InboxDelivery {
  readonly #logs: DeliveryLogs;
  readonly #options: DeliverOptions;
  readonly #queues: readonly Queue[];
  readonly #bell = new Bell();
  readonly #listening = new DisposableStack();
  readonly #running = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #ended = new AbortController();
  readonly #loop: Promise<void>;
  #turn = 0;

  /** Starts at once. */
  constructor(logs: DeliveryLogs, options: DeliverOptions) {
    this.#logs = logs;
    this.#options = options;
    const queue = (log: Log, delay?: number): Queue => ({
      log,
      reader: log.read({ from: log.start, skipDone: true }),
      delay,
      head: undefined,
      pausedUntil: 0,
    });
    this.#queues = [
      queue(logs.accepted),
      ...logs.failed.map((log, index) =>
        queue(log, logs.delays[index] ?? logs.delays.at(-1))
      ),
    ];
    for (const { log } of this.#queues) {
      this.#listening.use(log.committed.listen(() => this.#bell.ring()));
    }
    this.#loop = this.#run();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const woken = this.#bell.heard();
      const empty = this.#queues.filter(canRead);
      if (empty.length > 0) {
        await Promise.all(empty.map((queue) => this.#fill(queue)));
      }
      if (signal.aborted) break;
      this.#startDue();
      const isFree = this.#running.size < this.#options.concurrency;
      if (isFree && this.#queues.some(canRead)) continue;
      await this.#wait(woken);
    }
  }

  async #fill(queue: Queue): Promise<void> {
    try {
      await queue.reader.fill();
      this.#advance(queue);
    } catch (error) {
      this.#logs.observer.failed?.(error);
      queue.pausedUntil = Date.now() + PAUSE;
    }
  }

  #advance(queue: Queue): void {
    const { delay } = queue;
    const entry = queue.reader.take();
    queue.head = entry && {
      entry,
      // At most a full wait from now, because the clock may have been set back.
      dueAt: delay === undefined
        ? 0
        : Math.min(entry.dueAt, Date.now() + delay),
    };
  }

  /** Starts due entries, taking turns between the queues. */
  #startDue(): void {
    const now = Date.now();
    const { length } = this.#queues;
    for (let idle = 0; idle < length;) {
      if (this.#running.size >= this.#options.concurrency) return;
      const queue = this.#queues[this.#turn++ % length]!;
      const { head } = queue;
      if (head === undefined || head.dueAt > now) {
        idle++;
        continue;
      }
      idle = 0;
      this.#advance(queue);
      this.#start(queue.log, head.entry);
    }
  }

  #start(log: Log, entry: ReadEntry): void {
    const run = this.#process(log, entry).finally(() => {
      this.#running.delete(run);
      this.#bell.ring();
    });
    this.#running.add(run);
  }

  async #wait(woken: Promise<void>): Promise<void> {
    const isFree = this.#running.size < this.#options.concurrency;
    const next = isFree ? Math.min(...this.#queues.map(nextTime)) : Infinity;
    const wait = Math.min(Math.max(0, next - Date.now()), MAX_TIMEOUT);
    const due = Promise.withResolvers<void>();
    const timer = next === Infinity ? undefined : setTimeout(due.resolve, wait);
    await Promise.race([woken, due.promise]);
    clearTimeout(timer);
  }

  /**
   * Settles when the entry may be forgotten here, or the time is up. Never
   * rejects.
   */
  async #process(log: Log, entry: ReadEntry): Promise<void> {
    try {
      if (await this.#settle(entry)) log.done(entry);
    } catch (error) {
      if (!this.#ended.signal.aborted) this.#logs.observer.failed?.(error);
    }
  }

  /**
   * @returns Whether the entry is finished here; otherwise the next start finds
   * it again.
   */
  async #settle(entry: ReadEntry): Promise<boolean> {
    const { maxAttempts, maxAge = DAY } = this.#options;
    const { failures } = entry;
    // It became a dead letter that could not be written.
    if (failures >= maxAttempts) return await this.#giveUp(entry, "attempts");
    const verdict = await this.#handle(entry);
    if (verdict === undefined) return false;
    if (verdict.kind === "done") return true;
    const failed = { ...entry, failures: failures + 1 };
    const { error, retryAfter } = verdict;
    if (failed.failures >= maxAttempts) {
      return await this.#giveUp(failed, "attempts", error);
    }
    if (Date.now() - entry.acceptedAt >= maxAge) {
      return await this.#giveUp(failed, "age", error);
    }
    return await this.#keep(failed, retryAfter);
  }

  /**
   * Runs the entry, again after each wait.
   *
   * @returns `undefined` if the delivery has stopped meanwhile.
   */
  async #handle(
    entry: ReadEntry,
  ): Promise<Exclude<InboxVerdict, { kind: "wait" }> | undefined> {
    const [shortest = PAUSE] = this.#logs.delays;
    for (;;) {
      let verdict: InboxVerdict;
      try {
        const { handle } = this.#options;
        verdict = await handle(entryOf(entry), this.#ended.signal);
      } catch (error) {
        // An interrupted entry has not failed.
        if (this.#ended.signal.aborted) return undefined;
        verdict = { kind: "retry", error };
      }
      if (verdict.kind !== "wait") return verdict;
      const longest = this.#logs.delays.at(-1) ?? PAUSE;
      const wait = Math.min(
        Math.max(verdict.retryAfter ?? 0, shortest),
        longest,
      );
      try {
        await sleep(wait, this.#stopping.signal);
      } catch {
        return undefined;
      }
    }
  }

  async #giveUp(
    entry: ReadEntry,
    reason: InboxDeadLetter["reason"],
    error?: unknown,
  ): Promise<boolean> {
    try {
      await this.#options.deadLetter({
        entry: entryOf(entry),
        reason,
        ...(error !== undefined && { error }),
      }, this.#ended.signal);
      return true;
    } catch (failure) {
      if (this.#ended.signal.aborted) return false;
      this.#logs.observer.failed?.(failure);
      return await this.#keep(entry);
    }
  }

  /** Writes a failed entry to its log, retrying until it succeeds. */
  async #keep(entry: ReadEntry, retryAfter?: number): Promise<boolean> {
    const { failed, delays, hasRoom } = this.#logs;
    const index = chooseDelay(delays, entry.failures, retryAfter);
    const log = failed[index];
    const delay = delays[index];
    if (log === undefined || delay === undefined) return false;
    for (;;) {
      if (hasRoom()) {
        try {
          await log.append([{ ...entry, dueAt: Date.now() + delay }]);
          return true;
        } catch {
          // The log has reported it.
        }
      }
      try {
        await sleep(PAUSE, this.#stopping.signal);
      } catch {
        return false;
      }
    }
  }

  async stop(signal: AbortSignal): Promise<void> {
    this.#stopping.abort();
    this.#bell.ring();
    using _following = follow(this.#ended, signal);
    try {
      await this.#loop;
      await Promise.all(this.#running);
    } finally {
      for (const { reader } of this.#queues) reader[Symbol.dispose]();
      this.#listening.dispose();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop(AbortSignal.abort());
  }
}

/** Whether a queue has to be read to know its next entry. */
function canRead({ head, pausedUntil, reader, log }: Queue): boolean {
  return head === undefined && reader.position < log.end &&
    pausedUntil <= Date.now();
}

function nextTime({ head, pausedUntil, reader, log }: Queue): number {
  if (head !== undefined) return head.dueAt;
  return reader.position < log.end ? pausedUntil : Infinity;
}

function entryOf({ bytes, acceptedAt, failures }: ReadEntry) {
  return { bytes, acceptedAt, failures };
}

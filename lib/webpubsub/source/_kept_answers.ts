/**
 * Answers that were given, for when an event comes again: its caller may not have seen
 * the answer.
 *
 * @module
 */

import type { HttpAnswer } from "../../core/http.ts";

/** How long an answer is kept, in milliseconds: Web PubSub has given up long before. */
const TIME = 120_000;
/** Largest answer that is kept, in bytes. */
const MAX_ANSWER = 65_536;
/** All of them, in bytes: the oldest go first. */
const MAX_ALL = 16 * 1_024 * 1_024;
/** What an answer takes beside its text, in bytes: measured, rounded up. */
const OVERHEAD = 1_024;

interface Kept {
  readonly answer: HttpAnswer;
  readonly cost: number;
  readonly endsAt: number;
}

/** Answers by their events. */
export class KeptAnswers {
  readonly #answers = new Map<string, Kept>();
  readonly #now: () => number;
  #bytes = 0;

  /**
   * Keeps nothing yet.
   *
   * @param now Milliseconds, monotonic. @default {performance.now}
   */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The answer that an event was given. */
  get(key: string): HttpAnswer | undefined {
    const kept = this.#answers.get(key);
    return kept !== undefined && this.#now() < kept.endsAt
      ? kept.answer
      : undefined;
  }

  /** Keeps an answer, unless it is too large. */
  keep(key: string, answer: HttpAnswer): void {
    const cost = costOf(key, answer);
    if (cost - OVERHEAD > MAX_ANSWER) return;
    this.#forget(key);
    this.#answers.set(key, { answer, cost, endsAt: this.#now() + TIME });
    this.#bytes += cost;
    for (const [oldest, { endsAt }] of this.#answers) {
      if (this.#bytes <= MAX_ALL && this.#now() < endsAt) return;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    const kept = this.#answers.get(key);
    if (kept === undefined) return;
    this.#answers.delete(key);
    this.#bytes -= kept.cost;
  }
}

function costOf(key: string, { headers = [], body }: HttpAnswer): number {
  let cost = OVERHEAD + 2 * key.length + 2 * (body?.length ?? 0);
  for (const [name, value] of headers) cost += 2 * (name.length + value.length);
  return cost;
}

// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * Delivers a batch as AGS's connector does: at least once, and all of it again when one
 * of its events has failed.
 *
 * @module
 */

import { sleep } from "../lib/core/async.ts";
import { outcomeText } from "./deliveries/text.ts";
import {
  deliver,
  type EventToSend,
  type SendTarget,
  type Sent,
} from "./send_one.ts";

/**
 * Statuses after which AGS delivers again, as far as is known, and those of a call that
 * was not answered.
 */
const RETRIED: ReadonlySet<string> = new Set([
  "UNAVAILABLE",
  "RESOURCE_EXHAUSTED",
  "INTERNAL",
  "UNKNOWN",
  "DEADLINE_EXCEEDED",
]);

/** Most deliveries of a batch that goes on failing. */
const MAX_DELIVERIES = 10;
/** The first pause between two of them, in milliseconds; the next is twice as long. */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 4_000;
/** Most events of a delivery whose end is said one by one. */
const MAX_SAID = 10;

/**
 * Delivers it until no event is to come again, and then once more, as after a restart
 * of the connector; prints what became of the events each time.
 *
 * @returns Whether all were answered OK in the end, and none was refused for good.
 */
export async function redeliver(
  events: readonly EventToSend[],
  target: SendTarget,
): Promise<boolean> {
  let isLast = false;
  // Given up, it is answered OK from then on: as a duplicate.
  let isRefused = false;
  for (let round = 1;; round++) {
    const results: Sent[] = [];
    for (const each of events) results.push(await deliver(each, target));
    const failed = results.filter(({ answer }) => RETRIED.has(answer.status));
    const why = isLast ? ", as after a restart of the connector" : "";
    console.log(`Delivery ${round}${why}: ${summaryOf(results)}`);
    sayFailures(results);
    isRefused ||= results.some(({ answer }) =>
      answer.status !== "OK" && !RETRIED.has(answer.status)
    );
    if (isLast || round >= MAX_DELIVERIES) {
      return failed.length === 0 && !isRefused;
    }
    if (failed.length === 0) isLast = true;
    else {
      const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (round - 1));
      console.log(
        `${failed.length} of ${events.length} failed: all come again in ${pause} ms`,
      );
      await sleep(pause, new AbortController().signal);
    }
  }
}

/** How many ended how: by outcome where that is known, else by status. */
function summaryOf(results: readonly Sent[]): string {
  const counts = new Map<string, number>();
  for (const { answer, deliveries } of results) {
    const known = deliveries.map(({ outcome }) => outcome);
    for (const word of known.length === 0 ? [answer.status] : known) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return [...counts].map(([word, count]) => `${count} ${word}`).join(", ");
}

function sayFailures(results: readonly Sent[]): void {
  const failures = results.filter(({ answer }) => answer.status !== "OK");
  for (const { answer, deliveries, why } of failures.slice(0, MAX_SAID)) {
    const [first] = deliveries.filter(({ outcome }) =>
      outcome !== "handled" && outcome !== "duplicate" && outcome !== "skipped"
    );
    const text = first === undefined ? why : outcomeText(first, Date.now());
    console.log(`  ${answer.status}: ${text}`);
  }
}

/**
 * Dead letters in the log.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";
import type { DeadLetterSink } from "../core/dead_letter.ts";

/**
 * Logs each letter, without the event's payload, which may name a person: whoever
 * has to be able to replay events keeps letters in a file (`DEAD_LETTER=file:…`).
 *
 * @param log Where to; each letter is one record at `error`.
 */
export function logDeadLetters(log: Logger): DeadLetterSink {
  return {
    write(letter) {
      const { event, error, errorId } = letter;
      log.error("Event is a dead letter", {
        eventType: event.type,
        eventId: event.id,
        ...(event.namespace !== undefined && { namespace: event.namespace }),
        ...(event.time !== undefined && { eventTime: event.time }),
        source: letter.source,
        outcome: letter.outcome,
        reason: letter.reason,
        attempts: letter.attempts,
        firstTime: new Date(letter.firstTime).toISOString(),
        lastTime: new Date(letter.lastTime).toISOString(),
        ...(errorId !== undefined && { errorId }),
        ...(error !== undefined && { error }),
      });
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

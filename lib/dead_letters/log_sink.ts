/**
 * Writes dead letters to the log.
 *
 * @module
 */

import type { LogFields } from "../core/context.ts";
import type { DeadLetterSink } from "../core/dead_letter.ts";

/** Writes a record at `error`, and waits until the operating system has it. */
export type LogLetter = (
  message: string,
  options: { readonly fields: LogFields; readonly signal: AbortSignal },
) => Promise<void>;

/**
 * Logs each dead letter without the event's payload, which may name a person.
 * To be able to replay events, use a file (`DEAD_LETTER=file:…`).
 *
 * @param log Writes one record per dead letter.
 */
export function logDeadLetters(log: LogLetter): DeadLetterSink {
  return {
    write(letter, signal) {
      const { event, error, errorId } = letter;
      const fields = {
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
        ...letter.digest,
        ...(errorId !== undefined && { errorId }),
        ...(error !== undefined && { error }),
      };
      return log("Event is a dead letter", { fields, signal });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

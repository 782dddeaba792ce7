/**
 * Dead letters: events that will not be delivered again, kept for an operator.
 *
 * @module
 */

import type { Event } from "./event.ts";
import type { Digest } from "./event_id.ts";
import type { Outcome, Reason } from "./outcome.ts";
import type { Arrival } from "./tracing.ts";

/** An event that will not be retried, with everything known about why. */
export interface DeadLetter {
  /** The event. Its `data` is `undefined` if the message does not decode. */
  readonly event: Event;
  /**
   * The message as it arrived, if the source has it. A replay sends it again.
   */
  readonly bytes?: Uint8Array | undefined;
  /** Size and hash of a message that is not kept. */
  readonly digest?: Digest | undefined;
  /** Which source delivered it, such as `grpc`. */
  readonly source: string;
  /** The handler that failed, if several handle the event. */
  readonly handler?: string | undefined;
  /** How it arrived, if the source says. */
  readonly arrival?: Arrival | undefined;
  /** Outcome of the last attempt: `rejected` or `exhausted`. */
  readonly outcome: Outcome;
  /** Reason for that outcome. */
  readonly reason: Reason;
  /** What was thrown. */
  readonly error?: unknown;
  /** Links the dead letter to the log line of the last attempt. */
  readonly errorId?: string | undefined;
  /** How many times the event was tried, as far as known. */
  readonly attempts: number;
  /** When it was first tried, as far as known: milliseconds since the epoch. */
  readonly firstTime: number;
  /** When it was last tried: milliseconds since the epoch. */
  readonly lastTime: number;
}

/** A destination for dead letters. Disposing it writes what is queued. */
export interface DeadLetterSink extends AsyncDisposable {
  /**
   * Writes one dead letter. When it resolves, the dead letter is as durable as
   * the sink can make it: the event is answered right after.
   *
   * @param signal Ends the wait. The dead letter may still be written.
   * @throws The dead letter was not written, or the result is unknown.
   */
  write(letter: DeadLetter, signal: AbortSignal): Promise<void>;
}

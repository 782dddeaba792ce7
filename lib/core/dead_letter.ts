/**
 * Dead letters: events that will not be delivered again, kept for a person to look at.
 *
 * @module
 */

import type { Event } from "./event.ts";
import type { Digest } from "./event_id.ts";
import type { Outcome, Reason } from "./outcome.ts";
import type { Arrival } from "./tracing.ts";

/** An event that was given up, with all that is known of why. */
export interface DeadLetter {
  /** The event. Its `data` is `undefined` when what arrived does not decode. */
  readonly event: Event;
  /** The message as it arrived, where the source has it: what a replay sends again. */
  readonly bytes?: Uint8Array | undefined;
  /** What is known of the message where it is not kept. */
  readonly digest?: Digest | undefined;
  /** Which source delivered it, such as `grpc`. */
  readonly source: string;
  /** Which handler gave it up, where several handle the event. */
  readonly handler?: string | undefined;
  /** How it arrived, where its source tells. */
  readonly arrival?: Arrival | undefined;
  /** How the last attempt ended: `rejected` or `exhausted`. */
  readonly outcome: Outcome;
  /** Why it ended so. */
  readonly reason: Reason;
  /** What was thrown. */
  readonly error?: unknown;
  /** Ties the letter to the log line of the last attempt. */
  readonly errorId?: string | undefined;
  /** How many times the event was tried, as far as is known. */
  readonly attempts: number;
  /** When it was first tried, as far as is known: milliseconds since the epoch. */
  readonly firstTime: number;
  /** When it was last tried: milliseconds since the epoch. */
  readonly lastTime: number;
}

/** Where dead letters go. Disposing it writes what is left. */
export interface DeadLetterSink extends AsyncDisposable {
  /**
   * Keeps one letter. When it resolves, the letter is as safe as the sink can make
   * it: the event is answered right after.
   *
   * @param signal Ends the wait. The letter may still be kept.
   * @throws The letter is not kept, or that is not known.
   */
  write(letter: DeadLetter, signal: AbortSignal): Promise<void>;
}

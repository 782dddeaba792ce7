/**
 * Sends the events of dead letters again, through the service's gRPC port.
 *
 * @module
 */

import type { LetterLine } from "../../lib/dead_letters/letter_line.ts";
import { encodeEvent, EventJsonError } from "../event_json.ts";
import type { EventClient } from "../event_client.ts";
import {
  findEvent,
  type SendableEvent,
  UnknownEventError,
} from "../event_source.ts";
import type { Replayed } from "./replayed.ts";

/** Options of {@linkcode replayLetters}. */
export interface ReplayOptions {
  /** The letters, one for each event. */
  readonly letters: readonly LetterLine[];
  /** How they are sent. */
  readonly client: EventClient;
  /** Where the proto files are. */
  readonly protoFolder: string;
  /** Takes note of those that were answered OK. */
  readonly replayed: Replayed;
  /** Time for one event, in milliseconds. */
  readonly timeout: number;
  /** Told of each event that has its answer. */
  readonly onAnswer: () => void;
  /** Sends no more when it ends. */
  readonly signal: AbortSignal;
}

/** How many events had an answer, with one of its explanations. */
export interface Tally {
  count: number;
  readonly why: string;
}

/** Events on the way at once: a replay is to leave room for new events. */
const MAX_IN_FLIGHT = 16;

/**
 * Sends them. Each goes by itself: one that fails again keeps its letter and does
 * not stop the others.
 *
 * @returns The answers by status.
 */
export async function replayLetters(
  options: ReplayOptions,
): Promise<ReadonlyMap<string, Tally>> {
  const { letters, client, replayed, timeout, onAnswer, signal } = options;
  const answers = new Map<string, Tally>();
  const events = new Map<string, SendableEvent>();
  const inFlight = new Set<Promise<void>>();

  function count(status: string, why: string): void {
    const seen = answers.get(status);
    if (seen === undefined) answers.set(status, { count: 1, why });
    else seen.count++;
    onAnswer();
  }

  async function replay(letter: LetterLine): Promise<void> {
    const { type } = letter.event;
    let event: SendableEvent;
    let bytes: Uint8Array;
    try {
      event = events.get(type) ?? findEvent(options.protoFolder, type);
      events.set(type, event);
      bytes = bytesOf(letter, event);
    } catch (error) {
      if (
        !(error instanceof EventJsonError || error instanceof UnknownEventError)
      ) throw error;
      return count("not sent", error.message);
    }
    const answer = await client.send(event.path, bytes, timeout, REPLAY);
    if (answer.status === "OK") await replayed.add(letter);
    count(answer.status, answer.details);
  }

  for (const letter of letters) {
    if (signal.aborted) break;
    if (inFlight.size >= MAX_IN_FLIGHT) await Promise.race(inFlight);
    const sent = replay(letter).finally(() => inFlight.delete(sent));
    inFlight.add(sent);
  }
  await Promise.all(inFlight);
  return answers;
}

/** Tells the service to run an event although it was set aside (lib/grpc/source.ts). */
const REPLAY = { "event-replay": "dead-letter" };

/** The message as it arrived; of a source that keeps none, what it said. */
function bytesOf(
  { bytes, digest, event, source }: LetterLine,
  sent: SendableEvent,
): Uint8Array {
  // What came by Kafka is JSON.
  if (bytes !== undefined && source === "grpc") {
    return Uint8Array.fromBase64(bytes);
  }
  const { data } = event;
  if (typeof data === "object" && data !== null && !Array.isArray(data)) {
    return encodeEvent(sent.message, data as Parameters<typeof encodeEvent>[1]);
  }
  throw new EventJsonError(
    digest === undefined
      ? "Letter has neither bytes nor data"
      : "Letter does not have the event, which was too large: expected whoever sent it to send it again",
  );
}

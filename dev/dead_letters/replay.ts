/**
 * Replays the events of dead letters, through the service's gRPC port.
 *
 * @module
 */

import { isObject } from "../../lib/core/is_object.ts";
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
  /** The dead letters, one per event. */
  readonly letters: readonly LetterLine[];
  /** The client that sends them. */
  readonly client: EventClient;
  /** Where the proto files are. */
  readonly protoFolder: string;
  /** Records those that were answered OK. */
  readonly replayed: Replayed;
  /** Time limit for one event, in milliseconds. */
  readonly timeout: number;
  /** Called for each answered event. */
  readonly onAnswer: () => void;
  /** Aborts the replay. */
  readonly signal: AbortSignal;
}

/** The number of events with an answer, and one of its explanations. */
export interface Tally {
  count: number;
  readonly why: string;
}

/** The most events in flight, which leaves room for new events. */
const MAX_IN_FLIGHT = 16;

/**
 * Sends them. Each is sent separately: one that fails again keeps its dead
 * letter and does not stop the others.
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

/**
 * Makes the service run an event although it is a dead letter
 * (lib/grpc/source.ts).
 */
const REPLAY = { "event-replay": "dead-letter" };

/** The message as it arrived; if the source keeps none, its encoded data. */
function bytesOf(
  { bytes, digest, event, source }: LetterLine,
  sent: SendableEvent,
): Uint8Array {
  // Events from Kafka are JSON.
  if (bytes !== undefined && source === "grpc") {
    return Uint8Array.fromBase64(bytes);
  }
  const { data } = event;
  if (isObject(data)) return encodeEvent(sent.message, data);
  throw new EventJsonError(
    digest === undefined
      ? "Dead letter has neither bytes nor data"
      : "Dead letter does not have the event, which was too large: expected " +
        "its sender to send it again",
  );
}

/**
 * The events of `send --last`, `send --recorded` and `send --redeliver`.
 *
 * @module
 */

import { join } from "node:path";
import { eventKey } from "../lib/core/event_key.ts";
import { parseExactJson } from "../lib/core/exact_json.ts";
import { task } from "./_command.ts";
import type { DevClient } from "./deliveries/client.ts";
import { findEvent, makeEvent } from "./event_source.ts";
import {
  eventOf,
  readRecorded,
  type RecordedEvent,
} from "./record/recorded_event.ts";
import type { EventToSend } from "./send_one.ts";

/** Which events to send again, and how. */
export interface Again {
  /** The one that arrived last. */
  readonly isLast: boolean;
  /** Those of this file. */
  readonly recorded: string | undefined;
  /** As a batch that comes again. */
  readonly isRedelivery: boolean;
  /** With the ids that they had. */
  readonly keepsIds: boolean;
}

/** Options of {@linkcode eventsToSend}. */
export interface EventsToSendOptions extends Again {
  /** The type of new events. */
  readonly type: string | undefined;
  /** `path=value` for each field to set. */
  readonly sets: readonly string[];
  /** A file with a new event in JSON. */
  readonly file: string | undefined;
  /** How many new ones. */
  readonly repeat: number;
  /** The namespace that samples happen in. */
  readonly namespace: string;
}

/** There is nothing to send; says what to do. */
export class SendAgainError extends Error {
  override name = "SendAgainError";
}

const PROTO_FOLDER = join(import.meta.dirname ?? ".", "..", "proto");

/** Most events of a batch. */
const MAX_BATCH = 10_000;

/**
 * Finds or makes them.
 *
 * @throws {SendAgainError} There are none.
 * @throws {RecordedFileError} The file has none.
 * @throws {EventJsonError} A file or a setting does not fit the event.
 * @throws {UnknownEventError} There is no such event.
 */
export async function eventsToSend(
  options: EventsToSendOptions,
  dev: DevClient,
): Promise<readonly EventToSend[]> {
  const { type, recorded, sets, namespace, keepsIds } = options;
  if (type === undefined) {
    const events = recorded === undefined
      ? [await lastOf(dev)]
      : readRecorded(recorded, readText(recorded));
    return events.map(({ type, data }) => {
      const event = findEvent(PROTO_FOLDER, eventKey(type));
      const how = { namespace, json: data, sets, isOneOfMany: !keepsIds };
      return { event, made: makeEvent(event, how) };
    });
  }
  if (options.repeat > MAX_BATCH) {
    throw new SendAgainError(
      `--repeat is ${options.repeat}: expected at most ${MAX_BATCH} in a batch`,
    );
  }
  const event = findEvent(PROTO_FOLDER, eventKey(type));
  const json = options.file === undefined
    ? undefined
    : parseExactJson(readText(options.file));
  return Array.from({ length: options.repeat }, () => ({
    event,
    made: makeEvent(event, {
      namespace,
      json,
      sets,
      isOneOfMany: options.repeat > 1,
    }),
  }));
}

async function lastOf(dev: DevClient): Promise<RecordedEvent> {
  if (await dev.status() === undefined) {
    throw new SendAgainError(
      `No event is known: only ${
        task("dev")
      } knows the last one, and it does not run`,
    );
  }
  const notes = await dev.deliveries({ since: 0 });
  const event = notes.map(eventOf).findLast((each) => each !== undefined);
  if (event !== undefined) return event;
  throw new SendAgainError(
    `No event of gRPC or Kafka has arrived since ${task("dev")} was started`,
  );
}

function readText(file: string): string {
  try {
    return Deno.readTextFileSync(file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SendAgainError(`File ${file} cannot be read: ${why}`, { cause });
  }
}

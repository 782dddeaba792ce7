/**
 * The facts of the project's own events.
 *
 * @module
 */

import { join } from "node:path";
import {
  type EventFacts,
  eventFacts,
} from "../../../dev/events/event_facts.ts";
import { readProtoFiles } from "../../../dev/gen/proto_source.ts";
import { ROOT } from "../_run.ts";

/** The project's proto folder. */
export const PROTO_FOLDER = join(ROOT, "proto");

/** All of the project's events. */
export const EVENTS: readonly EventFacts[] = eventFacts(
  await readProtoFiles(PROTO_FOLDER),
);

/** The event of a type. */
export function eventOf(type: string): EventFacts {
  const event = EVENTS.find(({ types }) => types.includes(type));
  if (event === undefined) throw new Error(`Event "${type}" does not exist`);
  return event;
}

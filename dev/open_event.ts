/**
 * Events of open names for `./task send`: messages on topics, and scheduled tasks.
 *
 * @module
 */

import { channelOf } from "../lib/core/event_types.ts";
import { MESSAGE_ID, openMethodOf } from "../lib/events/open_events.ts";
import type { JsonObject } from "./event_json.ts";
import { agsId } from "./sample.ts";

/** What makes a message an event of an open name. */
export interface OpenEvent {
  /** The proto file, below the proto folder. */
  readonly protoFile: string;
  /** The package of its service. */
  readonly package: string;
  /** What the service is called there: one name. */
  readonly serviceNames: readonly string[];
  /** The fields that name this event, and its id. */
  readonly fields: OpenFields;
}

/** Fields of the message, by what they are for. */
export interface OpenFields {
  /** The field that names the event. */
  readonly nameField: string;
  /** Its name: the topic, the task. */
  readonly name: string;
  /** Gives the message an id of its own. */
  readonly identify: (json: JsonObject) => void;
  /** The message's id, if it has one. */
  readonly idOf: (json: JsonObject) => unknown;
  /** What a sample has in place of what its fields' names call for. */
  readonly sample: () => JsonObject;
}

const CHANNELS: Readonly<
  Record<string, Pick<OpenFields, "identify" | "idOf" | "sample">>
> = {
  asyncMessaging: {
    identify(json) {
      json.metadata = { ...Object(json.metadata), [MESSAGE_ID]: agsId() };
    },
    idOf: ({ metadata }) => Object(metadata)[MESSAGE_ID],
    sample: () => ({
      body: JSON.stringify({ sample: "value" }),
      metadata: { SentTimestamp: String(Date.now()), [MESSAGE_ID]: agsId() },
    }),
  },
  scheduledTask: {
    identify(json) {
      delete json.run_id;
      json.runId = agsId();
    },
    idOf: ({ runId, run_id }) => runId ?? run_id,
    sample: () => ({ payload: JSON.stringify({ sample: "value" }) }),
  },
};

/** The event of an open name; `undefined` for a type that has none, or no name. */
export function findOpenEvent(type: string): OpenEvent | undefined {
  const method = openMethodOf(type);
  const channel = channelOf(type);
  const name = type.slice(channel.length + 1);
  const how = CHANNELS[channel];
  if (method === undefined || how === undefined || name === "") {
    return undefined;
  }
  const { nameField, ...rest } = method;
  return { ...rest, fields: { nameField, name, ...how } };
}

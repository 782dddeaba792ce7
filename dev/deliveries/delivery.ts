/**
 * What `task dev` notes of each event that its service has handled, one note a handler.
 *
 * @module
 */

import type { JsonObject } from "../event_value.ts";

/** A request to AGS. */
export interface NotedRequest {
  /** The HTTP method. */
  readonly method: string;
  /** The path, with its values. */
  readonly path: string;
  /** What was sent, in short; absent where nothing was. */
  readonly body?: string;
  /** The statuses of its tries, or in a word why there was none. */
  readonly codes: readonly string[];
  /** What of the answer says what was done; absent where nothing does. */
  readonly gist?: string;
}

/** Something that was published. */
export interface NotedPublication {
  /** `event`: on the event stream; `message`: by async messaging. */
  readonly kind: "event" | "message";
  /** Its topic. */
  readonly topic: string;
  /** The event's name; absent for messages. */
  readonly name?: string;
  /** Why it was not published; absent where it was. */
  readonly error?: string;
}

/** One delivery of an event to one handler, as it ended. */
export interface DeliveryNote {
  /** The event's type. */
  readonly type: string;
  /** The event's id. */
  readonly id: string;
  /** The handler's name. */
  readonly handler: string;
  /** By which source it came. */
  readonly source: string;
  /** When it ended, in milliseconds since the epoch. */
  readonly time: number;
  /** How long it took. */
  readonly milliseconds: number;
  /** How it ended. */
  readonly outcome: string;
  /** Why, in words; absent where it was handled. */
  readonly why?: string;
  /** What AGS was asked, in order. */
  readonly requests: readonly NotedRequest[];
  /** What was published, in order. */
  readonly published: readonly NotedPublication[];
  /** The event itself without personal data, for replay; absent where it is too large. */
  readonly data?: JsonObject;
}

/** A note as it is kept. */
export interface KeptDelivery extends DeliveryNote {
  /** Its number, from 1. */
  readonly seq: number;
  /** Of a duplicate: when the event was handled, where that is still known. */
  readonly handledAt?: number;
}

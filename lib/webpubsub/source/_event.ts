/**
 * An event of Web PubSub as an event of the app.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Event } from "../../core/event.ts";
import { jsonCost } from "../../core/json_cost.ts";
import { mediaTypeOf } from "../headers.ts";
import {
  isBlockingKind,
  type RequestKind,
  type ServiceRequest,
} from "../request.ts";
import type { RequestContext } from "../request_context.ts";
import { typeOf } from "./_types.ts";

/** What identifies an event, before its body is read. */
export type EventHead = Omit<Event, "data">;

/** Longest `ce-source` and `ce-time` that are kept, in characters. */
const MAX_TEXT = 512;

/**
 * What the headers of an event say of it.
 *
 * Its id is hub, connection and `ce-id`, which counts within the connection, and a hash
 * of what came. Web PubSub sends the same request again; an MQTT client that connects
 * again has the same connection id, its client id, and counts anew. An event without
 * `ce-id` is another one each time.
 */
export function headOf(
  kind: RequestKind,
  context: RequestContext,
  body: Uint8Array,
): EventHead {
  const { hub, connectionId, userId, headers } = context;
  const number = headers.get("ce-id");
  const last = number
    ? `${number}:${hashOf(headers, body)}`
    : crypto.randomUUID();
  const time = headers.get("ce-time");
  return {
    id: `${hub}:${connectionId}:${last}`,
    type: typeOf(kind, context),
    source: (headers.get("ce-source") ?? "").slice(0, MAX_TEXT),
    ...(userId !== undefined && { subject: userId }),
    ...(time !== null && { time: time.slice(0, MAX_TEXT) }),
  };
}

/** The headers that an event is told by, beside its body. */
const TELLING = /^(ce-(?!signature$|time$)|content-type$)/;

function hashOf(headers: Headers, body: Uint8Array): string {
  const hash = createHash("sha256");
  // Deno's iterator of headers takes ten times as long as its forEach().
  headers.forEach((value, name) => {
    if (TELLING.test(name)) hash.update(`${name}:${value}\n`);
  });
  return hash.update(body).digest("hex").slice(0, HASH_LENGTH);
}

/** So many digits of it are enough to tell events of one `ce-id` apart. */
const HASH_LENGTH = 12;

/** What an event takes in memory once it is read, in bytes: rather too much. */
export function costOf(
  kind: RequestKind,
  headers: Headers,
  body: Uint8Array,
): number {
  const isJson = kind !== "userEvent" ||
    mediaTypeOf(headers.get("content-type")) === "application/json";
  // Its bytes, the text they make, and the headers with the state in it.
  return FIXED + 3 * body.length + (isJson ? jsonCost(body) : 0);
}

const FIXED = 16_384;

/** The event with its data. */
export function eventOf(head: EventHead, { data }: ServiceRequest): Event {
  Object.defineProperty(data, "toJSON", {
    value: () => plain(data),
    // A connect may be run again.
    configurable: true,
  });
  return { ...head, data };
}

/** Whether an event is waited for. */
export { isBlockingKind };

type Data = ServiceRequest["data"];

/**
 * What is kept of the data with a dead letter. Passwords and cookies are not, and bytes
 * are base64.
 */
function plain(data: Data): Record<string, unknown> {
  const { connection, state, ...rest } = data;
  const { id, hub, userId, subprotocol, eventName, origin, metadata, mqtt } =
    connection;
  const kept: Record<string, unknown> = {
    ...rest,
    connection: {
      ...{ id, hub, userId, subprotocol, eventName, origin, mqtt },
      metadata: { ...metadata },
    },
    state: Object.fromEntries(state.entries()),
  };
  if ("claims" in rest) {
    const { cookie: _cookie, Cookie: _Cookie, ...headers } = rest.headers;
    kept.headers = headers;
    if (rest.mqtt !== undefined) {
      const { password: _password, ...mqtt } = rest.mqtt;
      kept.mqtt = mqtt;
    }
  }
  if ("content" in rest && rest.content instanceof Uint8Array) {
    kept.content = rest.content.toBase64();
  }
  return kept;
}

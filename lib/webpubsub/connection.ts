/**
 * The connection of an event.
 *
 * @module
 */

import { USER_EVENT_PREFIX } from "./context.ts";
import type { RequestContext } from "./request_context.ts";
import { decodeHeader } from "./headers.ts";
import type { MqttConnection, WebPubSubConnection } from "./types.ts";

const METADATA_PREFIX = "x-webpubsub-metadata-";
const MQTT_PREFIX = "mqtt-";

/** Creates the connection from an event's headers. */
export function createConnection(
  context: RequestContext,
): WebPubSubConnection {
  return new HeaderConnection(context);
}

/**
 * Reads values on demand: few handlers need metadata, and listing headers is
 * slow.
 */
class HeaderConnection implements WebPubSubConnection {
  readonly id: string;
  readonly hub: string;
  readonly userId?: string;
  readonly subprotocol?: string;
  readonly eventName: string;
  readonly origin: string;
  readonly mqtt?: MqttConnection;
  readonly #headers: Headers;
  #metadata: Readonly<Record<string, string>> | undefined;

  constructor(context: RequestContext) {
    const { userId, subprotocol, eventType, headers } = context;
    this.id = context.connectionId;
    this.hub = context.hub;
    if (userId !== undefined) this.userId = userId;
    if (subprotocol !== undefined) this.subprotocol = subprotocol;
    this.eventName = eventType.startsWith(USER_EVENT_PREFIX)
      ? eventType.slice(USER_EVENT_PREFIX.length)
      : context.eventName;
    this.origin = context.origin;
    const mqtt = mqttOf(headers);
    if (mqtt !== undefined) this.mqtt = mqtt;
    this.#headers = headers;
  }

  get metadata(): Readonly<Record<string, string>> {
    return this.#metadata ??= Object.assign(
      Object.create(null),
      Object.fromEntries(headersAfter(METADATA_PREFIX, this.#headers)),
    );
  }

  readonly header = (name: string): string | undefined => {
    const value = this.#headers.get(name);
    return value === null ? undefined : decodeHeader(value);
  };
}

/**
 * Only MQTT clients have a physical connection. `ce-subprotocol` is not
 * reliable: the service's own samples of MQTT events lack it.
 */
function mqttOf(headers: Headers): MqttConnection | undefined {
  const physicalConnectionId = headers.get("ce-physicalconnectionid");
  if (!physicalConnectionId) return undefined;
  const sessionId = headers.get("ce-sessionid");
  return {
    physicalConnectionId,
    ...(sessionId ? { sessionId } : {}),
    userProperties: headersAfter(MQTT_PREFIX, headers)
      .map(([name, value]) => ({ name, value })),
  };
}

/** The headers with a prefix, by the rest of their names. */
function headersAfter(
  prefix: string,
  headers: Headers,
): readonly (readonly [string, string])[] {
  const found: [string, string][] = [];
  // Deno's iterator of headers takes ten times as long as its forEach().
  headers.forEach((value, name) => {
    if (name.length > prefix.length && name.startsWith(prefix)) {
      found.push([name.slice(prefix.length), decodeHeader(value)]);
    }
  });
  return found;
}

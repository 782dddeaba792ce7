/**
 * Parses the bodies of events. Unknown members are ignored, because Web PubSub
 * announces that new ones will be added.
 *
 * @module
 */

import type { RequestContext } from "./request_context.ts";
import { InvalidConnectRequestError, InvalidUserEventError } from "./errors.ts";
import { charsetOf, mediaTypeOf } from "./headers.ts";
import { isObject, parseJson } from "./json.ts";
import type {
  ClientCertificate,
  ConnectData,
  DisconnectedData,
  Lists,
  MqttConnectProperties,
  MqttUserProperty,
  UserEventContent,
} from "./types.ts";

type Members = Readonly<Record<string, unknown>>;
type Own<T> = Omit<T, "connection" | "state">;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Parses the body of `connect`.
 *
 * @throws {InvalidConnectRequestError}
 */
export function readConnect(
  body: Uint8Array,
  context: RequestContext,
): Own<ConnectData> {
  const reader = new MemberReader(body, context);
  const mqtt = reader.object("mqtt");
  return {
    claims: reader.lists("claims"),
    query: reader.lists("query", "access_token"),
    headers: reader.lists("headers", "authorization"),
    subprotocols: reader.list("subprotocols"),
    clientCertificates: reader.certificates(),
    ...(mqtt === undefined ? {} : { mqtt: readMqttConnect(mqtt, reader) }),
  };
}

function readMqttConnect(
  mqtt: Members,
  reader: MemberReader,
): MqttConnectProperties {
  const { protocolVersion, username, password, cleanStart } = mqtt;
  if (typeof protocolVersion !== "number") {
    throw reader.fault("mqtt.protocolVersion", "a number");
  }
  return {
    protocolVersion,
    ...(typeof username === "string" ? { username } : {}),
    ...(typeof password === "string" ? { password } : {}),
    ...(typeof cleanStart === "boolean" ? { cleanStart } : {}),
    userProperties: userPropertiesOf(mqtt["userProperties"]),
  };
}

/**
 * Parses the body of `disconnected`, which may be empty.
 *
 * @throws {InvalidConnectRequestError}
 */
export function readDisconnected(
  body: Uint8Array,
  context: RequestContext,
): Own<DisconnectedData> {
  if (body.length === 0) return {};
  const reader = new MemberReader(body, context);
  const data: Mutable<Own<DisconnectedData>> = {};
  const reason = reader.text("reason");
  if (reason !== undefined) data.reason = reason;
  const mqtt = reader.object("mqtt");
  if (mqtt !== undefined) {
    const packet = mqtt["disconnectPacket"];
    const code = isObject(packet) ? packet["code"] : undefined;
    data.mqtt = {
      initiatedByClient: mqtt["initiatedByClient"] === true,
      ...(isObject(packet) && typeof code === "number"
        ? {
          disconnectPacket: {
            code,
            userProperties: userPropertiesOf(packet["userProperties"]),
          },
        }
        : {}),
    };
  }
  return data;
}

/**
 * Parses the body of a group event.
 *
 * @throws {InvalidConnectRequestError}
 */
export function readGroup(
  body: Uint8Array,
  context: RequestContext,
): { readonly group: string } {
  const reader = new MemberReader(body, context);
  const group = reader.text("group");
  if (group === undefined) throw reader.fault("group", "a text");
  return { group };
}

/** Keeps the byte order mark: text is passed on as sent. */
const textDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const TEXT_CHARSETS: readonly (string | undefined)[] = [
  undefined,
  "utf-8",
  "utf8",
  "us-ascii",
];

/**
 * Parses the body of a user event by its content type; anything but text and
 * JSON stays bytes, with its content type.
 *
 * @throws {InvalidUserEventError} It does not match its content type.
 */
export function readUserEvent(
  body: Uint8Array,
  context: RequestContext,
): UserEventContent {
  const contentType = context.headers.get("content-type") ?? "";
  try {
    switch (mediaTypeOf(contentType)) {
      case "application/json":
        return { dataType: "json", content: parseJson(body) };
      case "text/plain":
        if (!TEXT_CHARSETS.includes(charsetOf(contentType))) break;
        return { dataType: "text", content: textDecoder.decode(body) };
    }
  } catch {
    throw new InvalidUserEventError(
      "Body does not match its content type: expected JSON, or text in UTF-8",
      { context },
    );
  }
  return {
    dataType: "binary",
    content: body,
    // The service's own default for a missing type.
    contentType: contentType === "" ? "application/octet-stream" : contentType,
  };
}

/** Reads members of a JSON object; null counts as missing. */
class MemberReader {
  readonly #members: Members;
  readonly #context: RequestContext;

  constructor(body: Uint8Array, context: RequestContext) {
    this.#context = context;
    let value: unknown;
    try {
      value = parseJson(body);
    } catch (cause) {
      throw this.fault("body", "a JSON object", cause);
    }
    if (!isObject(value)) throw this.fault("body", "a JSON object");
    this.#members = value;
  }

  fault(key: string, wanted: string, cause?: unknown): Error {
    return new InvalidConnectRequestError(key, wanted, {
      context: this.#context,
      cause,
    });
  }

  text(key: string): string | undefined {
    const value = this.#members[key] ?? undefined;
    if (value === undefined || typeof value === "string") return value;
    throw this.fault(key, "a text");
  }

  object(key: string): Members | undefined {
    const value = this.#members[key] ?? undefined;
    if (value === undefined || isObject(value)) return value;
    throw this.fault(key, "an object");
  }

  list(key: string): readonly string[] {
    return this.#listOf(key, this.#members[key]);
  }

  /** @param secret A name to omit, in any case: it must not reach a log. */
  lists(key: string, secret?: string): Lists {
    const lists: Record<string, readonly string[]> = Object.create(null);
    for (const [name, value] of Object.entries(this.object(key) ?? {})) {
      if (name.toLowerCase() === secret) continue;
      lists[name] = this.#listOf(key, value);
    }
    return lists;
  }

  certificates(): readonly ClientCertificate[] {
    const key = "clientCertificates";
    const value = this.#members[key] ?? [];
    if (!Array.isArray(value)) throw this.fault(key, "a list");
    return value.map((each: unknown) => {
      const { thumbprint, content } = isObject(each) ? each : {};
      if (typeof thumbprint !== "string") {
        throw this.fault(key, "a thumbprint in each");
      }
      return typeof content === "string"
        ? { thumbprint, content }
        : { thumbprint };
    });
  }

  /** A single text becomes a list of one: not every sender sends lists. */
  #listOf(key: string, value: unknown): readonly string[] {
    if (value === undefined || value === null) return [];
    if (typeof value === "string") return [value];
    if (
      Array.isArray(value) && value.every((each) => typeof each === "string")
    ) {
      return value;
    }
    throw this.fault(key, "lists of texts");
  }
}

function userPropertiesOf(value: unknown): readonly MqttUserProperty[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((each: unknown) => {
    const { name, value } = isObject(each) ? each : {};
    return typeof name === "string" && typeof value === "string"
      ? [{ name, value }]
      : [];
  });
}

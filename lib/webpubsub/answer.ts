/**
 * Builds the answer from a handler's return value or refusal.
 *
 * @module
 */

import { mqttCodeOf } from "./mqtt_codes.ts";
import type { ConnectionRefused } from "./refusal.ts";
import { CONTENT_TYPES, dataTypeOf, isReply, type Reply } from "./reply.ts";
import type {
  ConnectRequest,
  ServiceRequest,
  UserEventRequest,
} from "./request.ts";
import { ServiceResponse } from "./response.ts";
import { isObject } from "./json.ts";
import { ChangingState } from "./state.ts";
import type { MqttUserProperty } from "./types.ts";

/** How to accept a connection. Omitted fields stay as in the client's token. */
export interface ConnectAnswer {
  /** The user. */
  readonly userId?: string;
  /** Initial groups. */
  readonly groups?: readonly string[];
  /** Its permissions, such as `webpubsub.sendToGroup`. An empty list: none. */
  readonly roles?: readonly string[];
  /** The WebSocket subprotocol: one of those offered. */
  readonly subprotocol?: string;
  /** For an MQTT client. */
  readonly mqtt?: { readonly userProperties?: readonly MqttUserProperty[] };
}

/** Any JSON value except text. */
export type JsonAnswer =
  | { readonly [name: string]: unknown }
  | readonly unknown[]
  | number
  | boolean
  | null;

/**
 * What is sent to the client: text, bytes, or anything else as JSON; use
 * {@linkcode reply} for options. `undefined`: nothing.
 */
export type UserAnswer = string | Uint8Array | Reply | JsonAnswer | void;

/** Largest body that the service accepts, in bytes. */
const MAX_ANSWER = 16 * 1_024 * 1_024;

/** A handler returned a value that cannot be sent as an answer. */
export class InvalidAnswerError extends TypeError {
  /** What logs call it. */
  override name = "InvalidAnswerError";
}

/**
 * Accepts a connection.
 *
 * @throws {InvalidAnswerError} The service would not accept the answer.
 */
export function answerConnect(
  request: ConnectRequest,
  answer: ConnectAnswer | void | null,
): ServiceResponse {
  const state = stateOf(request);
  if (answer === undefined || answer === null) {
    return new ServiceResponse({ statusCode: 204, state });
  }
  checkConnect(request, answer);
  return new ServiceResponse({
    statusCode: 200,
    headers: [["content-type", CONTENT_TYPES.json]],
    body: bounded(toJson(answer)),
    state,
  });
}

/**
 * Answers a user event.
 *
 * @throws {InvalidAnswerError} It cannot be sent.
 */
export function answerUserEvent(
  request: UserEventRequest,
  answer: UserAnswer,
): ServiceResponse {
  const state = stateOf(request);
  if (answer === undefined) {
    return new ServiceResponse({ statusCode: 204, state });
  }
  const { content, dataType, contentType, headers } = isReply(answer)
    ? answer
    : plainReply(answer);
  return new ServiceResponse({
    statusCode: 200,
    headers: [["content-type", contentType], ...headers],
    body: bounded(
      dataType === "json"
        ? toJson(content)
        : content as string | Uint8Array<ArrayBuffer>,
    ),
    state,
  });
}

function plainReply(content: unknown): Omit<Reply, "kind"> {
  const dataType = dataTypeOf(content);
  return {
    content,
    dataType,
    contentType: CONTENT_TYPES[dataType],
    headers: [],
  };
}

/**
 * Refuses a request. A connecting MQTT client gets the reason in its protocol.
 */
export function answerRefusal(
  request: ServiceRequest,
  refusal: ConnectionRefused,
): ServiceResponse {
  const { status: statusCode, detail } = refusal;
  if (request.kind === "connect" && isMqtt(request)) {
    const version = request.data.mqtt?.protocolVersion ?? 0;
    const mqtt = refusal.mqtt ?? {
      code: mqttCodeOf(statusCode, version),
      ...(detail === undefined ? {} : { reason: detail }),
    };
    return new ServiceResponse({
      statusCode,
      headers: [["content-type", CONTENT_TYPES.json]],
      body: toJson({ mqtt }),
    });
  }
  if (detail === undefined) return new ServiceResponse({ statusCode });
  return new ServiceResponse({
    statusCode,
    headers: [["content-type", CONTENT_TYPES.text]],
    body: detail,
  });
}

function isMqtt({ data }: ConnectRequest): boolean {
  return data.mqtt !== undefined || data.connection.mqtt !== undefined;
}

function stateOf({ data }: ConnectRequest | UserEventRequest) {
  return data.state instanceof ChangingState ? data.state : undefined;
}

/**
 * Checks what the service would refuse, and what the client would see as an
 * error without a reason.
 */
function checkConnect(request: ConnectRequest, answer: ConnectAnswer): void {
  if (!isObject(answer)) {
    throw new InvalidAnswerError(
      `Cannot answer "connect" with ${typeof answer}: expected an object`,
    );
  }
  const { userId, groups, roles, subprotocol } = answer as ConnectAnswer;
  if (userId !== undefined && typeof userId !== "string") {
    throw new InvalidAnswerError(
      'Cannot answer "connect": expected text as "userId"',
    );
  }
  for (const [name, list] of [["groups", groups], ["roles", roles]] as const) {
    if (list === undefined) continue;
    const isFine = Array.isArray(list) &&
      list.every((each: unknown) =>
        typeof each === "string" && (name === "roles" || each.trim() !== "")
      );
    if (!isFine) {
      throw new InvalidAnswerError(
        `Cannot answer "connect": expected a list of non-blank texts as "${name}"`,
      );
    }
  }
  if (
    subprotocol !== undefined &&
    !request.data.subprotocols.includes(subprotocol)
  ) {
    throw new InvalidAnswerError(
      'Cannot answer "connect": expected one of those offered as "subprotocol"',
    );
  }
}

function toJson(value: unknown): string {
  let cause: unknown;
  try {
    const json: string | undefined = JSON.stringify(value);
    if (json !== undefined) return json;
  } catch (error) {
    cause = error;
  }
  throw new InvalidAnswerError("Cannot answer: expected a JSON value", {
    cause,
  });
}

function bounded<T extends string | Uint8Array>(body: T): T {
  if (body.length > MAX_ANSWER) {
    throw new InvalidAnswerError(
      `Cannot answer with ${body.length} bytes: expected at most ${MAX_ANSWER}`,
    );
  }
  return body;
}

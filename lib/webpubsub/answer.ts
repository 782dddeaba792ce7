/**
 * Makes the answer out of what a handler returns or refuses with.
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

/** How a connection is accepted. What is left out stays as the client's token says. */
export interface ConnectAnswer {
  /** The user. */
  readonly userId?: string;
  /** Groups it is in from the start. */
  readonly groups?: readonly string[];
  /** What it may do, such as `webpubsub.sendToGroup`. An empty list: nothing. */
  readonly roles?: readonly string[];
  /** The WebSocket subprotocol: one of those offered. */
  readonly subprotocol?: string;
  /** For an MQTT client. */
  readonly mqtt?: { readonly userProperties?: readonly MqttUserProperty[] };
}

/** Any JSON value but text. */
export type JsonAnswer =
  | { readonly [name: string]: unknown }
  | readonly unknown[]
  | number
  | boolean
  | null;

/**
 * What goes to the client: text, bytes, or anything else as JSON; {@linkcode reply}
 * says more. `undefined`: nothing.
 */
export type UserAnswer = string | Uint8Array | Reply | JsonAnswer | void;

/** Largest body the service takes, in bytes. */
const MAX_ANSWER = 16 * 1_024 * 1_024;

/** A handler has returned something that cannot be an answer. */
export class InvalidAnswerError extends TypeError {
  /** What logs call it. */
  override name = "InvalidAnswerError";
}

/**
 * Accepts a connection.
 *
 * @throws {InvalidAnswerError} The service would not take the answer.
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

/** Refuses; an MQTT client that wants to connect gets the reason as its protocol has it. */
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

/** What the service would refuse, and the client see as an error without a reason. */
function checkConnect(request: ConnectRequest, answer: ConnectAnswer): void {
  if (!isObject(answer)) {
    throw new InvalidAnswerError(
      `Cannot answer "connect" with ${typeof answer}: expected an object`,
    );
  }
  const { userId, groups, roles, subprotocol } = answer as ConnectAnswer;
  if (userId !== undefined && typeof userId !== "string") {
    throw new InvalidAnswerError(
      'Cannot answer "connect": expected a text as "userId"',
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
        `Cannot answer "connect": expected a list of texts as "${name}", none blank`,
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

/**
 * Errors of Web PubSub requests, with their answers.
 *
 * @module
 */

import type { RequestContext } from "./request_context.ts";
import { VERDICT } from "./verdict.ts";

/** Options of an {@linkcode UpstreamError}. */
export interface UpstreamErrorOptions extends ErrorOptions {
  /** The request's context. */
  readonly context?: RequestContext | undefined;
}

/**
 * A request cannot be handled. `handleException` receives each of these errors
 * and may choose another status; the answer's body stays empty.
 */
export abstract class UpstreamError extends Error {
  /** What logs call it. */
  override name = "UpstreamError";
  /** The status of the answer. */
  abstract readonly status: number;
  /** The request's context; absent if its headers are insufficient. */
  readonly context: RequestContext | undefined;

  /** Creates the error; `cause` keeps the underlying error. */
  constructor(message: string, options: UpstreamErrorOptions = {}) {
    super(message, options);
    this.context = options.context;
  }
}

/** A required header is missing. */
export class HeaderNotFound extends UpstreamError {
  /** What logs call it. */
  override name = "HeaderNotFound";
  /** Answered 400. */
  readonly status = 400;
  /** The header, in lower case. */
  readonly key: string;

  /** Creates the error for a header. */
  constructor(key: string, options: UpstreamErrorOptions = {}) {
    super(`Header is missing: "${key}"`, options);
    this.key = key;
  }
}

/** The body of a `connect`, `disconnected` or group event is invalid. */
export class InvalidConnectRequestError extends UpstreamError {
  /** What logs call it. */
  override name = "InvalidConnectRequestError";
  /** Answered 400. */
  readonly status = 400;
  /** The invalid member; `body` if the body is not a JSON object at all. */
  readonly key: string;

  /** Creates the error for a member. */
  constructor(
    key: string,
    wanted: string,
    options: UpstreamErrorOptions = {},
  ) {
    super(
      `"${key}" of the request is invalid: expected ${wanted}`,
      options,
    );
    this.key = key;
  }
}

/** The body of a user event does not match its content type. */
export class InvalidUserEventError extends UpstreamError {
  /** What logs call it. */
  override name = "InvalidUserEventError";
  /** Answered 400. */
  readonly status = 400;
}

/** `ce-type` is unknown. */
export class InvalidEventTypeError extends UpstreamError {
  /** What logs call it. */
  override name = "InvalidEventTypeError";
  /** Answered 400. */
  readonly status = 400;
  /** The value of `ce-type`. */
  readonly eventType: string;

  /** Creates the error for a type. */
  constructor(eventType: string, options: UpstreamErrorOptions = {}) {
    super("Event type is not one of Web PubSub's", options);
    this.eventType = eventType;
  }
}

/** The event has no name: `ce-eventName`, or the end of a user event's `ce-type`, is empty. */
export class InvalidEventNameError extends UpstreamError {
  /** What logs call it. */
  override name = "InvalidEventNameError";
  /** Answered 400. */
  readonly status = 400;
  /** The name. */
  readonly eventName: string;

  /** Creates the error for a name. */
  constructor(eventName: string, options: UpstreamErrorOptions = {}) {
    super("Event name is empty", options);
    this.eventName = eventName;
  }
}

/** The request does not come from a configured service, or cannot prove it. */
export class ValidationFailedError extends UpstreamError {
  /** What logs call it. */
  override name = "ValidationFailedError";
  /** Answered 401. */
  readonly status = 401;
}

/** The request cannot be authenticated now; Web PubSub delivers it again. */
export class ValidatorUnavailableError extends UpstreamError {
  /** What logs call it. */
  override name = "ValidatorUnavailableError";
  /** Answered 503. */
  readonly status = 503;
}

/** The body is larger than `maxBodyBytes`. */
export class BodyTooLargeError extends UpstreamError {
  /** What logs call it. */
  override name = "BodyTooLargeError";
  /** Answered 413. */
  readonly status = 413;
}

/**
 * The body did not arrive, or not in time; Web PubSub delivers the event again.
 */
export class BodyIncompleteError extends UpstreamError {
  /** What logs call it. */
  override name = "BodyIncompleteError";
  /** Answered 408. */
  readonly status = 408;
}

/** A limit is reached; Web PubSub delivers the event again. */
export class OverloadedError extends UpstreamError {
  /** What logs call it. */
  override name = "OverloadedError";
  /** Answered 503: Web PubSub never retries after 429. */
  readonly status = 503;
}

/**
 * For handlers: the event cannot be handled now; Web PubSub delivers it again.
 */
export class TryAgainError extends UpstreamError {
  /** What logs call it. */
  override name = "TryAgainError";
  /** The event can succeed later. */
  readonly [VERDICT] = "retry";
  /** Answered 503. */
  readonly status = 503;
}

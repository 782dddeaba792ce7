/**
 * The error classes of the event stream.
 *
 * @module
 */

/** The base class of all errors of the event stream client. */
export class EventStreamError extends Error {
  /** What logs call it. */
  override name = "EventStreamError";
}

/** An option of the client is invalid. */
export class StreamOptionsError extends EventStreamError {
  /** What logs call it. */
  override name = "StreamOptionsError";
}

/** There is no event to publish, or nothing to subscribe to. */
export class MissingArgumentError extends EventStreamError {
  /** What logs call it. */
  override name = "MissingArgumentError";
}

/** A topic name is invalid. */
export class InvalidTopicError extends EventStreamError {
  /** What logs call it. */
  override name = "InvalidTopicError";
}

/** An event name is invalid. */
export class InvalidEventNameError extends EventStreamError {
  /** What logs call it. */
  override name = "InvalidEventNameError";
}

/** A field of an event or audit log is missing or invalid. */
export class InvalidFieldError extends EventStreamError {
  /** What logs call it. */
  override name = "InvalidFieldError";
  /** The field's name, as in the publish options. */
  readonly field: string;

  /** Creates the error for a field. */
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** A value cannot be written as JSON. */
export class EncodingError extends EventStreamError {
  /** What logs call it. */
  override name = "EncodingError";
}

/** A record's value is not an event. */
export class DecodingError extends EventStreamError {
  /** What logs call it. */
  override name = "DecodingError";
}

/** Key and value together exceed the message size limit. */
export class MessageTooLargeError extends EventStreamError {
  /** What logs call it. */
  override name = "MessageTooLargeError";
}

/** The queue is full. */
export class QueueFullError extends EventStreamError {
  /** What logs call it. */
  override name = "QueueFullError";
}

/**
 * A message was not confirmed. If it had been sent, it may have arrived:
 * publishing it again can duplicate it.
 */
export class DeliveryError extends EventStreamError {
  /** What logs call it. */
  override name = "DeliveryError";
}

/** A message was not confirmed within its time limit. */
export class DeliveryTimeoutError extends DeliveryError {
  /** What logs call it. */
  override name = "DeliveryTimeoutError";
}

/** The client is disposed. */
export class StreamClosedError extends EventStreamError {
  /** What logs call it. */
  override name = "StreamClosedError";
}

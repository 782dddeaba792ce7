/**
 * What can go wrong with the event stream, each by its own class.
 *
 * @module
 */

/** Anything that the event stream client throws or rejects with. */
export class EventStreamError extends Error {
  /** What logs call it. */
  override name = "EventStreamError";
}

/** A setting of the client makes no sense. */
export class StreamOptionsError extends EventStreamError {
  /** What logs call it. */
  override name = "StreamOptionsError";
}

/** There is no event to publish, or nothing to subscribe to. */
export class MissingArgumentError extends EventStreamError {
  /** What logs call it. */
  override name = "MissingArgumentError";
}

/** A topic is not written as topics are. */
export class InvalidTopicError extends EventStreamError {
  /** What logs call it. */
  override name = "InvalidTopicError";
}

/** An event name is not written as event names are. */
export class InvalidEventNameError extends EventStreamError {
  /** What logs call it. */
  override name = "InvalidEventNameError";
}

/** A field of an event or audit log is missing, or is not what it has to be. */
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

/** Key and value together are longer than a message may be. */
export class MessageTooLargeError extends EventStreamError {
  /** What logs call it. */
  override name = "MessageTooLargeError";
}

/** More is waiting to be sent than the queue holds. */
export class QueueFullError extends EventStreamError {
  /** What logs call it. */
  override name = "QueueFullError";
}

/**
 * A message was not confirmed. Whether it arrived is unknown if it had been sent:
 * publishing it again can double it.
 */
export class DeliveryError extends EventStreamError {
  /** What logs call it. */
  override name = "DeliveryError";
}

/** The time for delivering a message is up. */
export class DeliveryTimeoutError extends DeliveryError {
  /** What logs call it. */
  override name = "DeliveryTimeoutError";
}

/** The client is disposed. */
export class StreamClosedError extends EventStreamError {
  /** What logs call it. */
  override name = "StreamClosedError";
}

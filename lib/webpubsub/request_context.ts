/**
 * The context of a request, known before its body is read.
 *
 * @module
 */

/** The context of a request, known before its body is read. */
export interface RequestContext {
  /**
   * The host of the Web PubSub service (`WebHook-Request-Origin`), unchanged.
   */
  readonly origin: string;
  /** The connection id. */
  readonly connectionId: string;
  /** The whole `ce-signature`. */
  readonly signature: string | undefined;
  /** `ce-type`, in lower case except for a user event's name. */
  readonly eventType: string;
  /** `ce-eventName`, unchanged; a user event's name comes from `ce-type`. */
  readonly eventName: string;
  /** The hub, in lower case. */
  readonly hub: string;
  /** The user. */
  readonly userId?: string;
  /** The WebSocket subprotocol. */
  readonly subprotocol?: string;
  /** All headers, as in the Fetch standard: one character per byte. */
  readonly headers: Headers;
}

/**
 * What is known of a request before its body is read.
 *
 * @module
 */

/** What is known of a request before its body is read. */
export interface RequestContext {
  /** The host of the Web PubSub service (`WebHook-Request-Origin`), as it came. */
  readonly origin: string;
  /** The connection. */
  readonly connectionId: string;
  /** All of `ce-signature`. */
  readonly signature: string | undefined;
  /** `ce-type`, in lower case but for a user event's name. */
  readonly eventType: string;
  /** `ce-eventName`, as it came; a user event is called what `ce-type` says. */
  readonly eventName: string;
  /** The hub, in lower case. */
  readonly hub: string;
  /** The user. */
  readonly userId?: string;
  /** The WebSocket subprotocol. */
  readonly subprotocol?: string;
  /** All headers, as the Fetch standard has them: one character a byte. */
  readonly headers: Headers;
}

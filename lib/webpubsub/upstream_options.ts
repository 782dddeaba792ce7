/**
 * Options of an upstream.
 *
 * @module
 */

import type { ConnectAnswer, UserAnswer } from "./answer.ts";
import type { UpstreamError } from "./errors.ts";
import type { UpstreamLog } from "./log.ts";
import type {
  ConnectedRequest,
  ConnectRequest,
  DisconnectedRequest,
  GroupRequest,
  UserEventRequest,
} from "./request.ts";
import type { RequestValidator } from "./validator.ts";

/**
 * The event handlers. Each gets a signal that aborts at its deadline and, for
 * blocking events, when Web PubSub stops waiting.
 */
export interface UpstreamHandlers {
  /**
   * A client wants to connect. Without this handler, every client may. Throw
   * `ConnectionRefused` to refuse.
   */
  handleConnect?(
    request: ConnectRequest,
    signal: AbortSignal,
  ): ConnectAnswer | void | Promise<ConnectAnswer | void>;
  /** A client has sent a `message` or a custom event. */
  handleUserEvent?(
    request: UserEventRequest,
    signal: AbortSignal,
  ): UserAnswer | Promise<UserAnswer>;
  /**
   * A client is connected. This and the following are answered before they are
   * handled.
   */
  handleConnected?(request: ConnectedRequest, signal: AbortSignal): unknown;
  /** A client has disconnected. */
  handleDisconnected?(
    request: DisconnectedRequest,
    signal: AbortSignal,
  ): unknown;
  /** A connection has joined a group. */
  handleGroupJoined?(request: GroupRequest, signal: AbortSignal): unknown;
  /** A connection has left a group. */
  handleGroupLeft?(request: GroupRequest, signal: AbortSignal): unknown;
  /**
   * Receives each {@linkcode UpstreamError} that a request is answered with. A
   * returned number from 400 to 599 replaces the status.
   */
  handleException?(error: UpstreamError): number | void;
}

/** Options of {@linkcode WebPubSubUpstream}. */
export interface UpstreamOptions extends UpstreamHandlers {
  /**
   * Decides which requests are authentic. `"none"` accepts everything from
   * anybody; it is for development, and is logged.
   */
  readonly validator: RequestValidator | "none";
  /** Hubs whose events are handled, in any case. @default {all} */
  readonly hubs?: readonly string[];
  /**
   * Largest body, in bytes: Web PubSub's largest message has 1 MB.
   * @default {2097152}
   */
  readonly maxBodyBytes?: number;
  /**
   * Time limit for an event, in milliseconds: with retries it stays within the
   * service's 100 s. @default {20000}
   */
  readonly timeout?: number;
  /** The most concurrent blocking events. @default {1024} */
  readonly maxConcurrency?: number;
  /** The most concurrent non-blocking events. @default {1024} */
  readonly maxBackground?: number;
  /** The most bytes of bodies in memory. @default {67108864} */
  readonly maxBufferedBytes?: number;
  /** The log. @default {the console} */
  readonly log?: UpstreamLog;
}

/** Options of {@linkcode WebPubSubUpstream.wrap}. */
export interface WrapOptions {
  /**
   * The path of Web PubSub's requests; `{hub}` and `{event}` stand for one
   * segment each. @default {any}
   */
  readonly path?: string;
  /**
   * What to do with Web PubSub requests to other paths.
   *
   * @default {"notFound"}
   */
  readonly elsewhere?: "notFound" | "next";
}

/** A fetch handler, with the further arguments of its server. */
export type FetchHandler<Rest extends readonly unknown[] = []> = (
  request: Request,
  ...rest: Rest
) => Response | Promise<Response>;

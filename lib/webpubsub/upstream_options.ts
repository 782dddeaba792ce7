/**
 * What an upstream is made of.
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
 * What handles the events. Each gets a signal that aborts when its time is up; where
 * Web PubSub waits for it, also when Web PubSub has stopped waiting.
 */
export interface UpstreamHandlers {
  /** A client wants to connect. Without this, all may. Throw `ConnectionRefused` to refuse. */
  handleConnect?(
    request: ConnectRequest,
    signal: AbortSignal,
  ): ConnectAnswer | void | Promise<ConnectAnswer | void>;
  /** A client has sent something: `message`, or an event with a name of its own. */
  handleUserEvent?(
    request: UserEventRequest,
    signal: AbortSignal,
  ): UserAnswer | Promise<UserAnswer>;
  /** A client is connected. Answered before it is handled, as are the next ones. */
  handleConnected?(request: ConnectedRequest, signal: AbortSignal): unknown;
  /** A client is gone. */
  handleDisconnected?(
    request: DisconnectedRequest,
    signal: AbortSignal,
  ): unknown;
  /** A connection has joined a group. */
  handleGroupJoined?(request: GroupRequest, signal: AbortSignal): unknown;
  /** A connection has left a group. */
  handleGroupLeft?(request: GroupRequest, signal: AbortSignal): unknown;
  /**
   * Gets each {@linkcode UpstreamError} that a request is answered with. A number from
   * 400 to 599 that it returns replaces the status.
   */
  handleException?(error: UpstreamError): number | void;
}

/** Options of {@linkcode WebPubSubUpstream}. */
export interface UpstreamOptions extends UpstreamHandlers {
  /**
   * What decides which requests are taken. `"none"` takes all, from anybody; it is for
   * development, and said in the log.
   */
  readonly validator: RequestValidator | "none";
  /** Hubs whose events are handled, in any case. @default {all} */
  readonly hubs?: readonly string[];
  /** Largest body, in bytes: Web PubSub's largest message has 1 MB. @default {2097152} */
  readonly maxBodyBytes?: number;
  /** Time for an event, in milliseconds: with retries within the service's 100 s. @default {20000} */
  readonly timeout?: number;
  /** Most events that are waited for at once. @default {1024} */
  readonly maxConcurrency?: number;
  /** Most events at once that have been answered and are still being handled. @default {1024} */
  readonly maxBackground?: number;
  /** Most bytes of bodies that are held at once. @default {67108864} */
  readonly maxBufferedBytes?: number;
  /** Where it says what happens. @default {the console} */
  readonly log?: UpstreamLog;
}

/** Options of {@linkcode WebPubSubUpstream.wrap}. */
export interface WrapOptions {
  /**
   * Where Web PubSub's requests come in; `{hub}` and `{event}` stand for one segment
   * each. @default {anywhere}
   */
  readonly path?: string;
  /**
   * What becomes of those that come in elsewhere.
   *
   * @default {"notFound"}
   */
  readonly elsewhere?: "notFound" | "next";
}

/** A fetch handler, with what its server passes beside the request. */
export type FetchHandler<Rest extends readonly unknown[] = []> = (
  request: Request,
  ...rest: Rest
) => Response | Promise<Response>;

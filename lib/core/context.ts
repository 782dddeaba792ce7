/**
 * The context that a handler gets with its event.
 *
 * @module
 */

import type { Config } from "../core/config.ts";
import type { EventPublishing } from "./event_publishing.ts";
import type { HubService } from "../webpubsub/rest/types.ts";
import type { Messaging } from "./messaging.ts";

/** A structured logger: a fixed message, and fields that vary. */
export interface Logger {
  /** For developers: off in production. Payloads belong here, if anywhere. */
  debug(message: string, fields?: LogFields): void;
  /** What happened, once per event. */
  info(message: string, fields?: LogFields): void;
  /** Something to look at: it will be retried. */
  warn(message: string, fields?: LogFields): void;
  /** Something to act on: it will not be retried, or is a bug. */
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to every record. */
  with(fields: LogFields): Logger;
}

/** Fields of a log record. Values are JSON, or an `Error`. */
export type LogFields = Readonly<Record<string, unknown>>;

/** An HTTP method of AGS's REST API. */
export type AgsMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Options of {@linkcode Ags.request}. */
export interface AgsRequestOptions {
  /**
   * Values for the `{name}` parts of the path; `{namespace}` is set by default.
   */
  readonly params?: Readonly<Record<string, string>>;
  /** Query parameters. An array repeats its name; `undefined` is omitted. */
  readonly query?: Readonly<
    Record<
      string,
      string | number | boolean | readonly string[] | undefined
    >
  >;
  /** Sent as JSON. */
  readonly body?: unknown;
  /**
   * Whether AGS may safely perform the request twice. If not, the call does not
   * retry it when AGS may have performed it despite the failure: the answer was
   * lost or late, or is a 408 or 5xx.
   *
   * @default true for GET, PUT and DELETE, false for POST and PATCH
   */
  readonly idempotent?: boolean;
  /** Aborts the request earlier than the event's own signal. */
  readonly signal?: AbortSignal;
}

/**
 * AGS's REST API, bound to one event: requests are aborted with the event's
 * signal and retried only before its deadline.
 */
export interface Ags {
  /** The namespace of this app (`AB_NAMESPACE`). */
  readonly namespace: string;
  /**
   * Calls any AGS API.
   *
   * @example An API without a typed function
   * ```ts
   * import type { Ags } from "./context.ts";
   *
   * export async function displayNameOf(ags: Ags, userId: string): Promise<string> {
   *   const user = await ags.request<{ displayName: string }>(
   *     "GET",
   *     "/iam/v3/admin/namespaces/{namespace}/users/{userId}",
   *     { params: { userId } },
   *   );
   *   return user.displayName;
   * }
   * ```
   *
   * @typeParam T The type of the answer, as in AGS's API reference. It is not
   * checked. @default {unknown}
   * @param method The HTTP method.
   * @param path The path as in the API reference. `{name}` parts are filled
   * from `params`, encoded.
   * @param options Parameters, query, body and signal.
   * @returns The JSON body, or `undefined` if there is none.
   * @throws {AgsError} AGS refused the request, could not be reached, or sent
   * an invalid answer.
   * @throws {TerminalError} A path parameter is missing or empty.
   */
  request<T = unknown>(
    method: AgsMethod,
    path: string,
    options?: AgsRequestOptions,
  ): Promise<T>;
}

/** Azure Web PubSub, bound to one event: calls end with the event's signal. */
export interface WebPubSubHubs {
  /**
   * What can be done with the clients of a hub: send, close, manage groups.
   *
   * @param name The hub. @default {the event's own; else the one of `WEBPUBSUB_HUBS`}
   * @throws {TerminalError} There is no hub to call, or no connection string.
   */
  hub(name?: string): HubService;
}

/** The context that a handler gets with its event. */
export interface Context {
  /**
   * Aborts on deadline, cancellation by the caller, and shutdown. Pass it to
   * every wait.
   */
  readonly signal: AbortSignal;
  /** Which run of this event this is, from 1, as far as known. */
  readonly attempt: number;
  /** Logs with the event's type and id. */
  readonly log: Logger;
  /** AGS's REST API, bound to this event's signal and deadline. */
  readonly ags: Ags;
  /** AGS's async messaging: publishes to topics, bound like `ags`. */
  readonly messaging: Messaging;
  /**
   * AGS's event stream (Kafka): publishes events, bound like `ags`. Attributes
   * that you omit come from the current event.
   */
  readonly eventStream: EventPublishing;
  /** Azure Web PubSub: sends to clients and manages them, bound like `ags`. */
  readonly webPubSub: WebPubSubHubs;
  /** The settings, validated at start. */
  readonly config: Config;
  /** The event's deadline, in milliseconds since the epoch. */
  readonly deadline?: number;
}

/**
 * What a handler gets beside its event.
 *
 * @module
 */

import type { Config } from "../core/config.ts";
import type { EventPublishing } from "./event_publishing.ts";
import type { Messaging } from "./messaging.ts";

/** A structured logger: a fixed message, and fields that vary. */
export interface Logger {
  /** For developers: off in production. Payloads belong here, if anywhere. */
  debug(message: string, fields?: LogFields): void;
  /** What happened, once per event. */
  info(message: string, fields?: LogFields): void;
  /** Something to look at: it will be tried again. */
  warn(message: string, fields?: LogFields): void;
  /** Something to act on: it will not be tried again, or is a bug. */
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
  /** Values for the `{name}` parts of the path; `{namespace}` is there by default. */
  readonly params?: Readonly<Record<string, string>>;
  /** Query parameters. An array repeats its name; `undefined` is left out. */
  readonly query?: Readonly<
    Record<
      string,
      string | number | boolean | readonly string[] | undefined
    >
  >;
  /** Sent as JSON. */
  readonly body?: unknown;
  /**
   * Whether AGS may carry the request out twice to no harm. One that it may not is
   * not sent again within the call where AGS may have carried it out although it
   * failed: the answer was lost or late, or is a 408 or 5xx.
   *
   * @default true for GET, PUT and DELETE, false for POST and PATCH
   */
  readonly idempotent?: boolean;
  /** Ends the request earlier than the event's own signal does. */
  readonly signal?: AbortSignal;
}

/**
 * AGS's REST API, bound to one event: every request ends with the event's signal
 * and is retried only within its deadline.
 */
export interface Ags {
  /** The namespace this app runs for (`AB_NAMESPACE`). */
  readonly namespace: string;
  /**
   * Calls any AGS API.
   *
   * @example An API this project has no function for
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
   * @typeParam T The shape of the answer, as AGS's API reference has it. It is
   * not checked: `unknown` unless said otherwise.
   * @param method The HTTP method.
   * @param path As the API reference writes it: `{name}` parts are filled from
   * `params`, encoded.
   * @param options Parameters, query, body and signal.
   * @returns The JSON body, or `undefined` when there is none.
   * @throws {AgsError} AGS refused, could not be reached or made no sense.
   * @throws {TerminalError} A path parameter is missing or empty.
   */
  request<T = unknown>(
    method: AgsMethod,
    path: string,
    options?: AgsRequestOptions,
  ): Promise<T>;
}

/** What a handler gets beside its event. */
export interface Context {
  /** Ends on deadline, caller's cancel and shutdown. Pass it to whatever waits. */
  readonly signal: AbortSignal;
  /** Which run of this event this is, from 1, as far as is known here. */
  readonly attempt: number;
  /** Logs with the event's type and id. */
  readonly log: Logger;
  /** AGS's REST API, bound to this event's signal and deadline. */
  readonly ags: Ags;
  /** AGS's async messaging: publishes on topics, bound like `ags`. */
  readonly messaging: Messaging;
  /**
   * AGS's event stream (Kafka): publishes events, bound like `ags`. What is not said of
   * an event is as in the event at hand.
   */
  readonly eventStream: EventPublishing;
  /** The settings, checked at start-up. */
  readonly config: Config;
  /** When the event's time is up, in milliseconds since the epoch. */
  readonly deadline?: number;
}

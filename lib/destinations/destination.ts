/**
 * Types of destinations and their requests.
 *
 * @module
 */

import type { Config } from "../core/config.ts";
import type { Resolve } from "./_addresses.ts";
import type { Auth } from "./auth.ts";

/** A rate limit that several processes may share. */
export interface DestinationRateLimit {
  /**
   * Takes the next free slot.
   *
   * @param longest The longest useful wait, in milliseconds.
   * @returns Milliseconds to wait before sending; if above `longest`, no slot
   * is taken.
   */
  take(longest: number): number | Promise<number>;
}

/** Options of {@linkcode apiDestination}. */
export interface ApiDestinationOptions {
  /**
   * Its URL: `https:`, with `{name}` for the values of each request. `http:`
   * only with `allowPrivateAddresses`.
   */
  readonly url: string;
  /** Its name in messages. @default {the URL's host} */
  readonly name?: string;
  /** The HTTP method. @default {"POST"} */
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** How to authenticate. @default {no authentication} */
  readonly auth?: Auth;
  /** Headers of every request. @default {{}} */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Most requests per second from this process. @default {300, as in
   * EventBridge}
   */
  readonly ratePerSecond?: number;
  /**
   * A rate limit that is not this process's alone. @default {one from
   * ratePerSecond}
   */
  readonly rateLimit?: DestinationRateLimit;
  /** Time limit for one request, in milliseconds. @default {5000} */
  readonly timeout?: number;
  /** Largest body, in bytes. @default {65536, as in EventBridge} */
  readonly maxBodyBytes?: number;
  /**
   * Whether requests may go to this machine and its network. Do not allow it if
   * a part of the URL comes from an event.
   *
   * @default {false}
   */
  readonly allowPrivateAddresses?: boolean;
  /**
   * CA certificates that replace the system's, in PEM. @default {the system's}
   */
  readonly ca?: string;
  /** Resolves a host's addresses. @default {the system's resolver} */
  readonly resolve?: Resolve;
}

/** The parts of a handler's `ctx` that a destination needs. */
export interface DestinationContext {
  /** Aborts with the event. */
  readonly signal: AbortSignal;
  /** The event's deadline, in milliseconds since the epoch. */
  readonly deadline?: number;
  /** Which run of the event this is, from 1. */
  readonly attempt: number;
  /** The settings. */
  readonly config: Config;
}

/** One request. */
export interface DestinationRequest {
  /**
   * Sent as JSON. Build it in the handler: never forward what a client sent
   * unchanged.
   */
  readonly body?: unknown;
  /** Values for the `{name}` parts of the URL. */
  readonly params?: Readonly<Record<string, string | number>>;
  /** Query parameters; `undefined` is omitted. */
  readonly query?: Readonly<
    Record<string, string | number | boolean | undefined>
  >;
  /** Headers in addition to the destination's. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Identifies repetitions of the request, sent as `Idempotency-Key`: usually
   * the event's id.
   */
  readonly idempotencyKey?: string;
  /** The method of this request. @default {the destination's} */
  readonly method?: NonNullable<ApiDestinationOptions["method"]>;
  /** The path of this request, instead of the URL's own. */
  readonly path?: string;
}

/** A successful answer of a destination. */
export interface DestinationAnswer {
  /** The HTTP status, 200 to 299. */
  readonly status: number;
  /** JSON, or text; `undefined` if there is none, or if it exceeds 1 MiB. */
  readonly body: unknown;
}

/** A destination, bound to one event. */
export interface BoundDestination {
  /** Which run of the event this is, from 1. */
  readonly attempt: number;
  /**
   * Sends a request once; with OAuth, once more if the token is refused.
   *
   * @throws {DestinationError} It was refused, got no answer, or had to wait
   * longer than the event's deadline. `retryable` after no answer, 408, 409,
   * 425, 429 and 5xx.
   * @throws The reason of the event's signal.
   */
  send(request?: DestinationRequest): Promise<DestinationAnswer>;
}

/** A destination: a function of a handler's `ctx`. */
export type Destination = (ctx: DestinationContext) => BoundDestination;

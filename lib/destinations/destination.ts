/**
 * What destinations are, and what is sent to them.
 *
 * @module
 */

import type { Config } from "../core/config.ts";
import type { Resolve } from "./_addresses.ts";
import type { Auth } from "./auth.ts";

/** A limit of requests that several processes may share. */
export interface DestinationRateLimit {
  /**
   * Takes the next free place.
   *
   * @param longest The longest wait that is of use, in milliseconds.
   * @returns Milliseconds to wait before sending; above `longest`, no place is taken.
   */
  take(longest: number): number | Promise<number>;
}

/** Options of {@linkcode apiDestination}. */
export interface ApiDestinationOptions {
  /**
   * Where it is: `https:`, and `{name}` for what each request fills in. `http:` only
   * with `allowPrivateAddresses`.
   */
  readonly url: string;
  /** What messages call it. @default {the URL's host} */
  readonly name?: string;
  /** The HTTP method. @default {"POST"} */
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** How it knows who asks. @default {it does not} */
  readonly auth?: Auth;
  /** Headers of every request. @default {{}} */
  readonly headers?: Readonly<Record<string, string>>;
  /** Requests a second, at most, of this process. @default {300, as EventBridge has it} */
  readonly ratePerSecond?: number;
  /** The limit, where it is not this process's alone. @default {made of ratePerSecond} */
  readonly rateLimit?: DestinationRateLimit;
  /** Time for one request, in milliseconds. @default {5000} */
  readonly timeout?: number;
  /** The longest body, in bytes. @default {65536, as EventBridge has it} */
  readonly maxBodyBytes?: number;
  /**
   * Whether requests may go to this machine and its network. Not where a part of the
   * URL comes from an event.
   *
   * @default {false}
   */
  readonly allowPrivateAddresses?: boolean;
  /** Certificates to trust instead of the system's, in PEM. @default {the system's} */
  readonly ca?: string;
  /** Finds a host's addresses. @default {the system} */
  readonly resolve?: Resolve;
}

/** What of a handler's `ctx` a destination needs. */
export interface DestinationContext {
  /** Ends with the event. */
  readonly signal: AbortSignal;
  /** When the event's time is up, in milliseconds since the epoch. */
  readonly deadline?: number;
  /** Which run of the event this is, from 1. */
  readonly attempt: number;
  /** The settings. */
  readonly config: Config;
}

/** One request. */
export interface DestinationRequest {
  /** Sent as JSON. Made by the handler: never what a client sent as it is. */
  readonly body?: unknown;
  /** Values for the `{name}` parts of the URL. */
  readonly params?: Readonly<Record<string, string | number>>;
  /** Query parameters; `undefined` is left out. */
  readonly query?: Readonly<
    Record<string, string | number | boolean | undefined>
  >;
  /** Headers beside the destination's. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * What makes a repeated request the same one, sent as `Idempotency-Key`: the event's
   * id, as a rule.
   */
  readonly idempotencyKey?: string;
  /** The method of this request. @default {the destination's} */
  readonly method?: NonNullable<ApiDestinationOptions["method"]>;
  /** The path of this request, instead of the URL's own. */
  readonly path?: string;
}

/** What a destination answered: it took the request. */
export interface DestinationAnswer {
  /** The HTTP status, 200 to 299. */
  readonly status: number;
  /** JSON, or text; `undefined` if there is none, or more than 1 MiB. */
  readonly body: unknown;
}

/** A destination, bound to one event. */
export interface BoundDestination {
  /** Which run of the event this is, from 1. */
  readonly attempt: number;
  /**
   * Sends a request, once; with OAuth again if the token is refused.
   *
   * @throws {DestinationError} It was refused, was not answered, or had to wait longer
   * than the event has time. `retryable` after no answer, 408, 409, 425, 429 and 5xx.
   * @throws The reason of the event's signal.
   */
  send(request?: DestinationRequest): Promise<DestinationAnswer>;
}

/** A destination: a function of a handler's `ctx`. */
export type Destination = (ctx: DestinationContext) => BoundDestination;

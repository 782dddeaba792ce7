/**
 * `on()`: declares which function handles which event.
 *
 * @module
 */

import { callSite } from "./call_site.ts";
import type { Context } from "./context.ts";
import type { Event, EventFor, EventPattern, ReturnFor } from "./event.ts";

/** Options of {@linkcode on}. */
export interface OnOptions<E = Event> {
  /**
   * Events for which this returns false are skipped: acknowledged, and counted
   * as `skipped`, not `handled`. It must be synchronous.
   */
  readonly filter?: (event: E) => boolean;
  /**
   * The handler's name in logs and metrics, and in idempotency keys if several
   * handlers take the event: 1 to 64 letters, digits, - and _. Keep it: a
   * redelivered event treats a renamed handler as a new one.
   *
   * @default {the name of its file}
   */
  readonly name?: string;
  /**
   * Time limit for one event, 1 to 2147483647 milliseconds.
   * @default {HANDLER_TIMEOUT}
   */
  readonly timeout?: number;
  /**
   * Whether it also takes events of other namespaces, which are skipped by
   * default: for events that AGS publishes in the publisher namespace.
   *
   * @default {false}
   */
  readonly anyNamespace?: boolean;
}

/**
 * A handler for one or more event types. Create it with {@linkcode on}, never
 * by hand.
 */
export interface Handler {
  /** Event keys and channel patterns, as given. */
  readonly types: readonly string[];
  /**
   * The function. If it returns, the event is done; if it throws, it is not.
   * The return value is the answer, for events that have one.
   */
  readonly handle: (event: Event, ctx: Context) => unknown;
  /** The options, as given. */
  readonly options: OnOptions;
  /**
   * Where it was declared, `handlers/user_logged_in.ts:12`: for errors at
   * start.
   */
  readonly declaredAt?: string;
}

/**
 * Declares which function handles which event.
 *
 * Returns a description and registers nothing: `handlers/mod.ts` lists the
 * handlers that the service serves.
 *
 * If the function returns, the event is done. It throws `TerminalError` for an
 * event that can never succeed, and `RetryableError` or anything else for one
 * that should be delivered again.
 *
 * @example One event
 * ```ts
 * import { on } from "./on.ts";
 *
 * export default on("userAuthentication.userLoggedIn", (event, ctx) => {
 *   ctx.log.info("Player logged in", { platform: event.data.payload?.userAuthentication?.platformId });
 * });
 * ```
 *
 * @example All events of a channel
 * ```ts
 * import { on } from "./on.ts";
 *
 * export default on("userAuthentication.*", (event, ctx) => {
 *   ctx.log.info("Authentication event", { at: event.time });
 * });
 * ```
 *
 * @example A scheduled task, answered with the function's return value
 * ```ts
 * import { on } from "./on.ts";
 *
 * export default on("scheduledTask.nightly-cleanup", (event) => {
 *   return { resultData: `attempt ${event.data.attemptNumber}` };
 * });
 * ```
 *
 * @typeParam P The event keys, taken from the argument.
 * @param type An event key, several of them, or `"channel.*"`.
 * @param handle The function.
 * @param options Filter, timeout and namespaces.
 */
export function on<const P extends EventPattern>(
  type: P | readonly P[],
  handle: (
    event: EventFor<P>,
    ctx: Context,
  ) => ReturnFor<P> | Promise<ReturnFor<P>>,
  options: OnOptions<EventFor<P>> = {},
): Handler {
  const declaredAt = callSite();
  const types = Object.freeze(typeof type === "string" ? [type] : [...type]);
  // The source decodes by the same key that chose the type. This is the only
  // place that relies on it without a check.
  return Object.freeze({
    types,
    handle,
    options: Object.freeze({ ...options }),
    ...(declaredAt !== undefined && { declaredAt }),
  } as unknown as Handler);
}

/**
 * Whether a value is what {@linkcode on} returns. The list of handlers is checked by
 * types alone until the service starts, and it can start without.
 */
export function isHandler(value: unknown): value is Handler {
  return typeof value === "object" && value !== null &&
    "types" in value && Array.isArray(value.types) &&
    "handle" in value && "options" in value &&
    typeof value.options === "object" && value.options !== null;
}

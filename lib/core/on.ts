/**
 * `on()`: says which function handles which event.
 *
 * @module
 */

import { callSite } from "./call_site.ts";
import type { Context } from "./context.ts";
import type { Event, EventFor, EventPattern, ReturnFor } from "./event.ts";

/** Options of {@linkcode on}. */
export interface OnOptions<E = Event> {
  /**
   * Events for which this returns false are skipped: acknowledged, and counted as
   * `skipped`, not `handled`. Must not wait for anything.
   */
  readonly filter?: (event: E) => boolean;
  /**
   * What the handler is called in logs and metrics, and in the keys of events that
   * several handlers take: 1 to 64 letters, digits, - and _. Keep it: under another
   * name an event that comes again is another's.
   *
   * @default {the name of its file}
   */
  readonly name?: string;
  /** Time for one event, 1 to 2147483647 milliseconds. @default {HANDLER_TIMEOUT} */
  readonly timeout?: number;
  /**
   * Also takes events of other namespaces, which are skipped otherwise: for events
   * that AGS publishes in the publisher namespace.
   *
   * @default {false}
   */
  readonly anyNamespace?: boolean;
}

/** A handler for one or more event types. Made by {@linkcode on}, never by hand. */
export interface Handler {
  /** Event keys and channel patterns, as given. */
  readonly types: readonly string[];
  /**
   * The function. Returning is "done"; throwing is "not done". What it returns is the
   * answer, for events that have one.
   */
  readonly handle: (event: Event, ctx: Context) => unknown;
  /** The options, as given. */
  readonly options: OnOptions;
  /** Where it was made, `handlers/user_logged_in.ts:12`: for errors at start. */
  readonly declaredAt?: string;
}

/**
 * Says which function handles which event.
 *
 * Returns a description and registers nothing: `handlers/mod.ts` lists the
 * handlers that the service serves.
 *
 * When the function returns, the event is done. It throws `TerminalError` for an
 * event that will never work, `RetryableError` or anything else for one that is
 * to be delivered again.
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
 * @example A scheduled task, whose answer is what the function returns
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
  // The source decodes by the same key that chose the type: this is the one place
  // where that correspondence is taken on trust.
  return Object.freeze({
    types,
    handle,
    options: Object.freeze({ ...options }),
    ...(declaredAt !== undefined && { declaredAt }),
  } as unknown as Handler);
}

/**
 * What an error means for the event whose handler throws it, for a service that stands
 * around this library. The symbol is registered: neither has to know the other.
 *
 * @module
 */

/**
 * The property of an error that says it: `retry`, the event can succeed later; `reject`,
 * it never will; `refuse`, the handler has decided so.
 */
export const VERDICT: unique symbol = Symbol.for("event-handler.verdict");

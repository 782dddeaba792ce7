/**
 * The meaning of an error for the event whose handler throws it, for a service
 * around this library. The symbol is registered globally, so that neither has
 * to import the other.
 *
 * @module
 */

/**
 * The property of an error with its meaning: `retry`, the event can succeed
 * later; `reject`, it never can; `refuse`, the handler has decided so.
 */
export const VERDICT: unique symbol = Symbol.for("event-handler.verdict");

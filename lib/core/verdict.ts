/**
 * What an error says of its event by itself, where its class is of a library that knows
 * nothing of this service.
 *
 * @module
 */

/** The property that says it: registered, for the library makes the same one. */
const VERDICT = Symbol.for("event-handler.verdict");

/**
 * `retry`: the event can succeed later. `reject`: it never will. `refuse`: a handler has
 * decided so, and nothing is wrong.
 */
export type Verdict = "retry" | "reject" | "refuse";

/** What an error says; `undefined`: nothing. */
export function verdictOf(error: unknown): Verdict | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const verdict: unknown = (error as { [VERDICT]?: unknown })[VERDICT];
  return verdict === "retry" || verdict === "reject" || verdict === "refuse"
    ? verdict
    : undefined;
}

/**
 * The answer of PutEvents: the result for each entry.
 *
 * @module
 */

import type { HttpAnswer } from "../core/http.ts";
import type { EntryFailure } from "./entry.ts";

/** The result for an entry: its id, or why it was refused. */
export type EntryOutcome = { readonly id: string } | EntryFailure;

/**
 * The answer, with results in the order of the request's entries.
 *
 * @param type The media type. @default {"application/json"}
 */
export function putEventsAnswer(
  outcomes: readonly EntryOutcome[],
  type = "application/json",
): HttpAnswer {
  const entries = outcomes.map((outcome) =>
    "id" in outcome
      ? { EventId: outcome.id }
      : { ErrorCode: outcome.errorCode, ErrorMessage: outcome.errorMessage }
  );
  const failed = outcomes.filter((outcome) => !("id" in outcome)).length;
  return {
    status: 200,
    headers: [["content-type", type], ["cache-control", "no-store"]],
    body: JSON.stringify({ FailedEntryCount: failed, Entries: entries }),
  };
}

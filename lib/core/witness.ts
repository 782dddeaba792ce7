/**
 * Who is told of all that the service does, one by one: development tools. Metrics
 * count the same.
 *
 * @module
 */

import type { Delivery } from "./dispatcher.ts";
import type { Result } from "./outcome.ts";

/** A request to AGS that has ended, retries counted one by one. */
export interface EndedRequest {
  /** What was asked: `METHOD /route`, without the values. */
  readonly name: string;
  /** The HTTP status, or in a word why there was no answer. */
  readonly code: string;
  /** How long it took. */
  readonly milliseconds: number;
}

/** Told of what the service does. Must not throw, and is not waited for. */
export interface Witness {
  /** An event has ended for one of its handlers; its caller is not answered yet. */
  eventEnded(
    delivery: Delivery,
    result: Result,
    time: { readonly milliseconds: number },
  ): void;
  /** A request to AGS has ended. Called in the async context of who asked. */
  requestEnded(request: EndedRequest): void;
}

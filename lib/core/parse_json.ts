/**
 * Reads the JSON that an event carries as text.
 *
 * @module
 */

import { boundedCost, JsonBoundError } from "./bounded_json.ts";
import { TerminalError } from "./errors.ts";
import { parseExactJson } from "./exact_json.ts";

/** What the JSON of one event may take in memory, in bytes: a quarter of the heap. */
const MAX_COST = 32 * 1024 * 1024;

const encoder = new TextEncoder();

/**
 * Reads JSON out of an event: the body of a message, the payload of a task. A whole
 * number beyond ±(2^53 - 1) is its digits, a string: no JavaScript number is as exact.
 *
 * @example A message whose body is checked
 * ```ts
 * import { z } from "zod";
 * import { on } from "./on.ts";
 * import { parseJson } from "./parse_json.ts";
 *
 * const Order = z.object({ orderId: z.string() });
 *
 * export default on("asyncMessaging.orders", (event, ctx) => {
 *   const { orderId } = parseJson(event.data.body, Order.parse);
 *   ctx.log.info("Order received", { orderId });
 * });
 * ```
 *
 * @typeParam T What the JSON is. Without `check` it is taken on trust, as of
 * `JSON.parse`: `unknown` unless said otherwise.
 * @param text The text.
 * @param check Returns what it is given, checked, or throws. Its error is kept as the
 * cause, and so reaches the log: it is not to quote what must not be there.
 * @throws {TerminalError} The text is not JSON, nests more than 100 levels deep, takes
 * more than 32 MB once it is parsed, or is not what `check` wants: it will be so when
 * it comes again, too. The text itself is not in the error.
 */
export function parseJson<T = unknown>(
  text: string,
  check?: (value: unknown) => T,
): T {
  let value: unknown;
  try {
    boundedCost(encoder.encode(text), { maxCost: MAX_COST });
    value = parseExactJson(text);
  } catch (error) {
    if (error instanceof JsonBoundError) {
      throw new TerminalError(
        "JSON in the event is more than there is memory for",
        { cause: error },
      );
    }
    // Without the cause: the engine's message quotes the text.
    throw new TerminalError("Text in the event is not JSON: wanted JSON");
  }
  // The caller names the type, as it would of `JSON.parse`.
  if (check === undefined) return value as T;
  try {
    return check(value);
  } catch (cause) {
    throw new TerminalError("JSON in the event is not what the handler wants", {
      cause,
    });
  }
}

/**
 * Parses the JSON that an event carries as text.
 *
 * @module
 */

import { boundedCost, JsonBoundError } from "./bounded_json.ts";
import { TerminalError } from "./errors.ts";
import { parseExactJson } from "./exact_json.ts";

/**
 * The memory that the JSON of one event may take, in bytes: a quarter of the
 * heap.
 */
const MAX_COST = 32 * 1024 * 1024;

const encoder = new TextEncoder();

/**
 * Parses JSON text in an event: the body of a message, the payload of a task. A
 * whole number beyond ±(2^53 - 1) becomes a string of its digits, because no
 * JavaScript number is exact enough.
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
 * @typeParam T The type of the value. Without `check` it is not checked, as
 * with `JSON.parse`. @default {unknown}
 * @param text The text.
 * @param check Returns its argument, checked, or throws. Its error is kept as
 * the cause and so reaches the log: it must not quote sensitive data.
 * @throws {TerminalError} The text is not valid JSON, nests more than 100
 * levels deep, takes more than 32 MB once parsed, or fails `check`: a
 * redelivery would not change that. The error does not contain the text.
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
        "JSON in the event exceeds the memory limit",
        { cause: error },
      );
    }
    // Without the cause: the engine's message quotes the text.
    throw new TerminalError(
      "Text in the event is not valid JSON: expected JSON",
    );
  }
  // The caller names the type, as with `JSON.parse`.
  if (check === undefined) return value as T;
  try {
    return check(value);
  } catch (cause) {
    throw new TerminalError(
      "JSON in the event does not pass the handler's check",
      {
        cause,
      },
    );
  }
}

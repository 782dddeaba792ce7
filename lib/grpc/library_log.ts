/**
 * Filters what grpc-js prints on standard error.
 *
 * @module
 */

import * as grpc from "@grpc/grpc-js";

/**
 * The beginning of grpc-js's message about an invalid header; the value
 * follows, and may be a token.
 */
const METADATA = "Failed to add metadata entry";

/**
 * The beginning of its message about a port in use, which an error reports
 * anyway.
 */
const TAKEN = "No address added";

/**
 * Prevents grpc-js from printing callers' headers and redundant messages, for
 * the whole process. Everything else is printed as before, including
 * `GRPC_TRACE`. Further calls have no effect.
 */
export function quietLibrary(): void {
  const print = (level: string) => (text: unknown, ...more: unknown[]) => {
    const line = String(text);
    if (line.startsWith(METADATA) || line.startsWith(TAKEN)) return;
    // deno-lint-ignore no-console -- grpc-js prints here by itself
    console.error(`${level} ${text}`, ...more);
  };
  grpc.setLogger({ error: print("E"), info: print("I"), debug: print("D") });
}

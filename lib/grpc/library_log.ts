/**
 * What grpc-js itself prints, on standard error.
 *
 * @module
 */

import * as grpc from "@grpc/grpc-js";

/** How grpc-js begins when a header is not text; the value, a token perhaps, follows. */
const METADATA = "Failed to add metadata entry";

/** How it begins when an address is taken: an error says so, where it is one. */
const TAKEN = "No address added";

/**
 * Keeps grpc-js from printing the headers of callers, and what is said elsewhere, for
 * the process. All else is printed as it was: what `GRPC_TRACE` asks for, too. Calling
 * it again does nothing more.
 */
export function quietLibrary(): void {
  const print = (level: string) => (text: unknown, ...more: unknown[]) => {
    const line = String(text);
    if (line.startsWith(METADATA) || line.startsWith(TAKEN)) return;
    // deno-lint-ignore no-console -- where grpc-js prints by itself
    console.error(`${level} ${text}`, ...more);
  };
  grpc.setLogger({ error: print("E"), info: print("I"), debug: print("D") });
}

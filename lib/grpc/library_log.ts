/**
 * What grpc-js itself prints, on standard error.
 *
 * @module
 */

import * as grpc from "@grpc/grpc-js";

/** How grpc-js begins when a header is not text; the value, a token perhaps, follows. */
const METADATA = "Failed to add metadata entry";

/**
 * Keeps grpc-js from printing the headers of callers, for the process. All else is
 * printed as it was: what `GRPC_TRACE` asks for, too. Calling it again does nothing
 * more.
 */
export function hideMetadata(): void {
  const print = (level: string) => (text: unknown, ...more: unknown[]) => {
    if (String(text).startsWith(METADATA)) return;
    // deno-lint-ignore no-console -- where grpc-js prints by itself
    console.error(`${level} ${text}`, ...more);
  };
  grpc.setLogger({ error: print("E"), info: print("I"), debug: print("D") });
}

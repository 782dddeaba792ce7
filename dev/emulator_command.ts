// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * What the command lines of the emulators have in common.
 *
 * @module
 */

import { stopSignals } from "../lib/process/stop_signals.ts";

/** The options of every emulator beside its port, for `parseArgs()`. */
export const LISTEN_OPTIONS = {
  hostname: { type: "string", default: "127.0.0.1" },
  help: { type: "boolean", default: false },
} as const;

/**
 * The port to listen on.
 *
 * @throws {TypeError} It is no port.
 */
export function portOf(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new TypeError(
      `Cannot listen on port "${text}": expected a number from 0 to 65535`,
    );
  }
  return Number(text);
}

/** Exit code for a command line that cannot be understood (sysexits EX_USAGE). */
const EX_USAGE = 64;

/** Ends the process if a command line cannot be understood: says why, and how it goes. */
export function exitForUsage(error: unknown, help: string): never {
  if (!(error instanceof TypeError)) throw error;
  console.error(`${error.message}\n\n${help}`);
  Deno.exit(EX_USAGE);
}

/** Waits for the signal that ends an emulator. */
export async function untilStopped(): Promise<void> {
  using signals = stopSignals();
  await signals.received;
}

/**
 * The executable to test: made here, once for all files.
 *
 * @module
 */

import { join } from "node:path";
import { installNpmToolchain } from "../../dev/compile/base_runtime.ts";
import { pathToFileURL } from "node:url";
import type * as Compile from "../../dev/compile/compile.ts";
import { makeCheckout } from "../_support/checkout.ts";

const DIST = join(import.meta.dirname ?? ".", "../../dist");

/**
 * What the base runtime from npm, of Deno 2.7.11, was measured to lose: 30 kB. The
 * pinned Deno does not.
 */
const NPM_BASE_LEAK = 32_768;

/** The commit that the executable is stamped with. */
export const COMMIT = "0123456789ab";

/** An executable to test. */
export interface TestedExecutable {
  /** Its path. */
  readonly path: string;
  /** Bytes of memory that its base runtime loses with each connection. */
  readonly knownLeak: number;
  /** Whether its base runtime can send HTTP/2 pings. */
  readonly canPing: boolean;
}

/**
 * Makes the executable of the reference app, as a project that has its handlers makes
 * it: with the pinned Deno where it can download its base
 * runtime, else with the one that npm has.
 */
export async function buildExecutable(): Promise<TestedExecutable> {
  const output = join(DIST, "test", "extend-event-handler");
  using checkout = makeCheckout();
  const { CompileError, makeExecutable, nativeTarget }: typeof Compile =
    await import(
      pathToFileURL(join(checkout.path, "dev/compile/compile.ts")).href
    );
  const common = { output, target: nativeTarget(), commit: COMMIT };
  try {
    await makeExecutable({ ...common, deno: Deno.execPath() });
    return { path: output, knownLeak: 0, canPing: true };
  } catch (error) {
    const isOffline = error instanceof CompileError &&
      error.message.includes("denort");
    if (!isOffline) throw error;
    const toolchain = await installNpmToolchain(join(DIST, "npm"));
    await makeExecutable({ ...common, ...toolchain });
    return { path: output, knownLeak: NPM_BASE_LEAK, canPing: false };
  }
}

/**
 * Puts WebAssembly into a bundle that would read it from a file beside its package.
 *
 * @module
 */

import { resolve } from "node:path";

/** A file of a bundle is not as it was expected. */
export class InlineError extends Error {
  override name = "InlineError";
}

/** How the Kafka library's package reads its file, as the bundler writes it. */
const READ =
  /readFileSync\w*\(new URL\("\.\.\/dist\/native\.wasm", import\.meta\.url\)\)/g;

/** The bundler's note of where the package's module is. */
const MODULE =
  /^\/\/ (\S+\/@platformatic\/wasm-utils\/[^/\s]+\/dist)\/index\.js$/m;

/**
 * Replaces the reading of the file by its content.
 *
 * @param text The bundle.
 * @param folder What its paths are relative to.
 * @throws {InlineError} The bundle reads no such file, or more than one.
 */
export async function inlineWasm(
  text: string,
  folder: string,
): Promise<string> {
  const [, dist] = MODULE.exec(text) ?? [];
  const reads = [...text.matchAll(READ)];
  if (dist === undefined || reads.length !== 1) {
    throw new InlineError(
      `Bundle reads native.wasm ${reads.length} times: expected once, by @platformatic/wasm-utils`,
    );
  }
  const bytes = await Deno.readFile(resolve(folder, dist, "native.wasm"));
  const code = `Uint8Array.fromBase64("${bytes.toBase64()}")`;
  return text.replace(READ, () => code);
}

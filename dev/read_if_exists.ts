/**
 * Reads files that may be missing.
 *
 * @module
 */

/** The text of a file; `undefined` if there is none. */
export async function readIfExists(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

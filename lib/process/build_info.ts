/**
 * Which build of the service this is.
 *
 * @module
 */

import { join } from "node:path";

/** The version, as in `deno.json`. */
export const VERSION = "0.1.0";

/** A build. */
export interface BuildInfo {
  /** The version. */
  readonly version: string;
  /** The commit it was made from; `source` when it runs from source. */
  readonly commit: string;
}

/** The file that `deno task compile` puts beside the entry point. */
export const BUILD_INFO_FILE = "build_info.json";

/**
 * Reads which build this is.
 *
 * @param folder Absolute path of the entry point's folder.
 */
export function readBuildInfo(folder: string): BuildInfo {
  return { version: VERSION, commit: readCommit(folder) ?? "source" };
}

function readCommit(folder: string): string | undefined {
  try {
    const text = Deno.readTextFileSync(join(folder, BUILD_INFO_FILE));
    const info: unknown = JSON.parse(text);
    if (typeof info === "object" && info !== null && "commit" in info) {
      return String(info.commit);
    }
  } catch {
    // Not compiled: there is no such file, or no permission to look.
  }
  return undefined;
}

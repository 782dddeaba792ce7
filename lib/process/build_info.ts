/**
 * The build of the service.
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
  /** The commit it was built from; `source` when running from source. */
  readonly commit: string;
}

/** The file that `./task compile` puts next to the entry point. */
export const BUILD_INFO_FILE = "build_info.json";

/**
 * Reads the build info.
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
    // Not compiled: the file does not exist, or may not be read.
  }
  return undefined;
}

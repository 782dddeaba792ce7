/**
 * A Deno and a base runtime that come from npm: for tests of the executable where
 * the base runtime cannot be downloaded. Releases are built with the pinned Deno.
 *
 * Any executable that `deno compile` made can be the base of another. One package
 * ships such an executable, made with Deno 2.7.11, and a base runtime has to be of
 * the version of the Deno that compiles.
 *
 * @module
 */

import { join } from "node:path";

/** A Deno that compiles, and the base runtime it compiles with. */
export interface NpmToolchain {
  /** Path of the Deno. */
  readonly deno: string;
  /** Path of the base runtime. */
  readonly baseRuntime: string;
}

const DENO_PACKAGE = "deno@2.7.11";
const BASE_PACKAGE = "@stdy/cli-linux-x64@0.22.2";
const BASE_FILE = "node_modules/@stdy/cli-linux-x64/bin/steady";

/**
 * Installs both with npm, once.
 *
 * @param folder Where to; kept for the next time.
 * @throws {Error} npm failed: there is no way round it.
 */
export async function installNpmToolchain(
  folder: string,
): Promise<NpmToolchain> {
  const deno = join(folder, "node_modules/.bin/deno");
  const baseRuntime = join(folder, BASE_FILE);
  if (!exists(deno) || !exists(baseRuntime)) {
    await Deno.mkdir(folder, { recursive: true });
    const { success, stderr } = await new Deno.Command("npm", {
      args: [
        "install",
        "--no-save",
        "--no-audit",
        "--no-fund",
        `--prefix=${folder}`,
        DENO_PACKAGE,
        BASE_PACKAGE,
      ],
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) {
      throw new Error(
        `npm could not install ${DENO_PACKAGE} and ${BASE_PACKAGE}: ${
          new TextDecoder().decode(stderr)
        }`,
      );
    }
    await Deno.chmod(baseRuntime, 0o755);
  }
  return { deno, baseRuntime };
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

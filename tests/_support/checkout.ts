/**
 * A studio's checkout: this repository with event files and handlers of its own.
 *
 * @module
 */

import { dirname, join } from "node:path";
import denoJson from "../../deno.json" with { type: "json" };
import { settings } from "../../dev/reference/mod.ts";
import { REQUIRED_VARIABLES } from "./config.ts";
import { PATIENCE } from "./patience.ts";

const REPOSITORY = join(import.meta.dirname!, "..", "..");

/** The reference app, which is in a checkout whatever `handlers/` has here. */
const REFERENCE = join(REPOSITORY, "dev", "reference");

/** How a program ended. */
export interface Ended {
  /** Its exit code. */
  readonly code: number;
  /** What it wrote. */
  readonly stdout: string;
  /** What it wrote beside that. */
  readonly stderr: string;
}

/** A checkout. Disposing removes it. */
export interface Checkout extends Disposable {
  /** Absolute path of its folder. */
  readonly path: string;
  /** Writes a file, replacing the one that is there. */
  write(name: string, text: string): void;
  /** What a file has. */
  read(name: string): string;
  /** Runs Deno in it to the end, with the variables that the service needs. */
  deno(
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<Ended>;
}

/**
 * Makes a checkout. Its `lib/` and `dev/` are this repository's own, its handlers those
 * of the reference app unless `files` has others.
 */
export function makeCheckout(
  files: Readonly<Record<string, string>> = {},
): Checkout {
  const path = Deno.realPathSync(Deno.makeTempDirSync());
  for (const name of ["lib", "dev", "mod.ts"]) {
    Deno.symlinkSync(join(REPOSITORY, name), join(path, name));
  }
  for (const name of ["deno.lock", "main.ts"]) {
    Deno.copyFileSync(join(REPOSITORY, name), join(path, name));
  }
  Deno.writeTextFileSync(join(path, "deno.json"), configText());
  copyFolder(join(REPOSITORY, "proto"), join(path, "proto"));
  copyFolder(REFERENCE, join(path, "handlers"));
  const checkout: Checkout = {
    path,
    write(name, text) {
      Deno.mkdirSync(dirname(join(path, name)), { recursive: true });
      Deno.writeTextFileSync(join(path, name), text);
    },
    read: (name) => Deno.readTextFileSync(join(path, name)),
    async deno(args, env = {}) {
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [...args],
        cwd: path,
        env: { ...REQUIRED_VARIABLES, NO_COLOR: "1", ...env },
        stdin: "null",
        signal: AbortSignal.timeout(PATIENCE),
      }).output();
      const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      return { code, stdout: decode(stdout), stderr: decode(stderr) };
    },
    [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }),
  };
  for (const [name, text] of Object.entries(files)) checkout.write(name, text);
  return checkout;
}

/** `deno.json`, with what the reference app may read, as `deno task gen` adds it. */
function configText(): string {
  const { permissions, ...config } = denoJson;
  const own = Object.values(settings).map(({ env }) => env);
  const env = [...new Set([...permissions.service.env, ...own])];
  return JSON.stringify({
    ...config,
    permissions: { service: { ...permissions.service, env } },
  });
}

function copyFolder(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (isDirectory) copyFolder(join(from, name), join(to, name));
    else Deno.copyFileSync(join(from, name), join(to, name));
  }
}

/**
 * The root file system of the image, without an engine that makes images.
 *
 * @module
 */

import { dirname, join } from "node:path";
import type { TargetCommand } from "../conformance/_target.ts";

/** Where Debian keeps the certificates, as distroless does. */
const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";

/** The user of distroless's `nonroot` images. */
const NONROOT = 65_532;

/**
 * Lays out what `gcr.io/distroless/cc` and the Dockerfile put together: the libraries
 * that the executable links, certificates, the executable.
 *
 * @returns The folder.
 */
export async function makeRootFileSystem(executable: string): Promise<string> {
  const root = join(dirname(executable), "root");
  await Deno.remove(root, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  for (
    const folder of [
      "proc",
      "dev",
      "tmp",
      "etc",
      "dead-letters",
      "inbox",
      "archive",
    ]
  ) {
    await Deno.mkdir(join(root, folder), { recursive: true });
  }
  const files = [...await linkedLibraries(executable), CERTIFICATES];
  for (const file of files) {
    await Deno.mkdir(join(root, dirname(file)), { recursive: true });
    await Deno.copyFile(file, join(root, file));
  }
  await Deno.writeTextFile(
    join(root, "etc/passwd"),
    `nonroot:x:${NONROOT}:${NONROOT}:nonroot:/home/nonroot:/sbin/nologin\n`,
  );
  await Deno.copyFile(executable, join(root, "extend-event-handler"));
  return root;
}

async function linkedLibraries(executable: string): Promise<readonly string[]> {
  const { success, stdout } = await new Deno.Command("ldd", {
    args: [executable],
  }).output();
  if (!success) throw new Error(`ldd cannot read ${executable}`);
  return new TextDecoder().decode(stdout).match(/\/\S+/g) ?? [];
}

/**
 * Runs the executable in it, in a mount namespace of its own, where it is read-only.
 * Each command is replaced by the next: the process is the executable's.
 */
export function runInside(root: string): TargetCommand {
  const script = [
    "set -e",
    `mount --bind "$0" "$0"`,
    `mount -o remount,ro,bind "$0"`,
    `mount --rbind /proc "$0/proc"`,
    `mount --rbind /dev "$0/dev"`,
    // The volume for dead letters, where a rule has one.
    `if [ -d dead-letters ]; then mount --bind dead-letters "$0/dead-letters"; fi`,
    `if [ -d inbox ]; then mount --bind inbox "$0/inbox"; fi`,
    `if [ -d archive ]; then mount --bind archive "$0/archive"; fi`,
    `exec chroot --userspec=${NONROOT}:${NONROOT} "$0" /extend-event-handler "$@"`,
  ].join("\n");
  return {
    command: "unshare",
    args: ["--mount", "sh", "-c", script, root],
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
  };
}

/**
 * What the tasks in `deno.json` allow.
 *
 * @module
 */

import { join } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { permissionFlags } from "../../dev/permission_flags.ts";

const ROOT = join(import.meta.dirname ?? "", "..", "..");

/** A task's name. */
export type TaskName = keyof typeof config.tasks;

/** The flags of a task that runs a file of the project, as `deno.json` has them. */
export function taskFlags(task: TaskName): readonly string[] {
  const { command } = config.tasks[task];
  // What comes before, is for the shell.
  const run = /\bdeno run (.*)\.ts$/.exec(command)?.[1];
  if (run === undefined) {
    throw new Error(`Task "${task}" is not "deno run … .ts": ${command}`);
  }
  return run.split(" ").filter((word) => word.startsWith("-"))
    .flatMap((flag) =>
      flag.startsWith("-P=") ? permissionFlags(flag.slice("-P=".length)) : flag
    );
}

/**
 * The same, for a process in any folder: what comes with the project is found where it
 * is, what is written at work, where it works.
 *
 * @param root The project's folder. @default {this repository}
 */
export function taskFlagsElsewhere(
  task: TaskName,
  root: string = ROOT,
): readonly string[] {
  return taskFlags(task).map((flag) => {
    const [name, paths] = flag.split("=");
    if (name !== "--allow-read" || paths === undefined) return flag;
    const absolute = paths.split(",").map((path) =>
      path === "proto" ? join(root, path) : path
    );
    return `${name}=${absolute.join(",")}`;
  });
}

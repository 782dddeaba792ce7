/**
 * The service from source, started as `deno task start` does.
 *
 * @module
 */

import { join } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { startProcess, type Target, type TargetOptions } from "./_target.ts";

const ROOT = join(import.meta.dirname!, "..", "..");

/** The flags of `deno task start`, with paths that hold in any folder. */
function startArgs(): readonly string[] {
  const [program, ...args] = config.tasks.start.command.split(" ");
  if (program !== "deno" || args.at(-1) !== "main.ts") {
    throw new Error(`Task "start" is not "deno … main.ts": ${program} ${args}`);
  }
  return args.map((arg) => {
    if (arg === "main.ts") return join(ROOT, arg);
    if (arg === "run") return "run";
    const [flag, paths] = arg.split("=");
    if (flag !== "--allow-read" || paths === undefined) return arg;
    const absolute = paths.split(",").map((path) =>
      path === "proto" ? join(ROOT, path) : path
    );
    return `${flag}=${absolute.join(",")}`;
  });
}

const args = ["--quiet", "--config", join(ROOT, "deno.json")];
const [run = "run", ...rest] = startArgs();

/** Where the runtime finds the packages that it has: no HOME says it. */
const { denoDir } = JSON.parse(
  new TextDecoder().decode(
    new Deno.Command(Deno.execPath(), { args: ["info", "--json"] })
      .outputSync().stdout,
  ),
);

/** Starts the service from source. */
export function startSource(options: TargetOptions): Promise<Target> {
  return startProcess({
    command: Deno.execPath(),
    args: [run, ...args, ...rest],
    env: { DENO_DIR: denoDir, NO_COLOR: "1" },
  }, options);
}

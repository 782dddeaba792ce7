/**
 * The service from source, started as `deno task start` does.
 *
 * @module
 */

import { join } from "node:path";
import { settings } from "../../dev/reference/mod.ts";
import { taskFlagsElsewhere } from "../_support/task_flags.ts";
import { startProcess, type Target, type TargetOptions } from "./_target.ts";

const ROOT = join(import.meta.dirname!, "..", "..");

/** Where the runtime finds the packages that it has: no HOME says it. */
const { denoDir } = JSON.parse(
  new TextDecoder().decode(
    new Deno.Command(Deno.execPath(), { args: ["info", "--json"] })
      .outputSync().stdout,
  ),
);

/** What the reference app reads beside what the task allows. */
const REFERENCE_FLAGS = Object.values(settings).map(({ env }) =>
  `--allow-env=${env}`
);

/**
 * Starts the service from source.
 *
 * @param program What is run in place of `main.ts`: absolute, and with its permissions.
 * It may read the reference app's setting, too. @default {the reference app}
 */
export function startSource(
  options: TargetOptions,
  program: string = join(ROOT, "dev/reference_service.ts"),
): Promise<Target> {
  return startProcess({
    command: Deno.execPath(),
    args: [
      "run",
      "--quiet",
      "--config",
      join(ROOT, "deno.json"),
      ...taskFlagsElsewhere("start"),
      ...REFERENCE_FLAGS,
      program,
    ],
    env: { DENO_DIR: denoDir, NO_COLOR: "1" },
  }, options);
}

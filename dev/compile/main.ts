// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.
/**
 * `./task compile`: makes the one executable.
 *
 * @module
 */

import { parseArgs } from "node:util";
import {
  CompileError,
  makeExecutable,
  nativeTarget,
  TARGETS,
} from "./compile.ts";

const HELP = `Makes the executable.

Usage: ./task compile [options]

  --output FILE    Where to put it (default: dist/extend-event-handler)
  --target TRIPLE  ${TARGETS.join(" or ")} (default: this machine's)
  --commit HASH    The commit to stamp it with (default: git's)
`;

try {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      help: { type: "boolean" },
      output: { type: "string", default: "dist/extend-event-handler" },
      target: { type: "string", default: nativeTarget() },
      commit: { type: "string" },
    },
  });
  if (values.help) console.log(HELP.trimEnd());
  else {
    const { output, target, commit } = values;
    await makeExecutable({ output, target, commit, deno: Deno.execPath() });
    const { size } = Deno.statSync(output);
    console.log(`${output}: ${(size / 2 ** 20).toFixed(1)} MiB`);
  }
} catch (error) {
  const isExpected = error instanceof CompileError ||
    (error instanceof TypeError && "code" in error);
  if (!isExpected) throw error;
  console.error(error.message);
  Deno.exitCode = 1;
}

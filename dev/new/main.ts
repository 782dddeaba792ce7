// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * `./task new`: writes a handler, its test, and its line in the list of handlers.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isUsageError, UsageError } from "../command_line.ts";
import { eventKey } from "../../lib/core/event_key.ts";
import { EventPropertiesError } from "../../lib/events/properties.ts";
import { task } from "../_command.ts";
import { HandlerFileError } from "./handled_types.ts";
import { HandlerListError } from "./handler_list.ts";
import {
  type HandlerPlan,
  NewHandlerError,
  planHandlers,
  writeHandlers,
} from "./new_handlers.ts";

const HELP = `Writes a handler, its test, and its line in handlers/mod.ts.

Usage: ./task new handler <event>... [--dry-run]

  <event>    Such as userAuthentication.userLoggedIn; ./task events finds it.
             'userAuthentication.*' creates one handler for all events of a channel;
             several events create a handler each
  --dry-run  Show what would be written without writing it
`;

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

async function make(
  patterns: readonly string[],
  isDryRun: boolean,
): Promise<void> {
  const plan = await planHandlers(ROOT, patterns);
  if (isDryRun) return console.log(shown(plan));
  await writeHandlers(ROOT, plan);
  for (const path of plan.added.keys()) console.log(`Wrote ${path}`);
  for (const path of plan.changed.keys()) console.log(`Changed ${path}`);
  const tests = [...plan.added.keys()].filter((path) =>
    path.endsWith("_test.ts")
  );
  console.log(`Test it: ${task(`test:file ${tests.join(" ")}`)}`);
  const sample = patterns.find((pattern) => !pattern.endsWith(".*"));
  if (sample !== undefined) {
    console.log(
      `Try it:  ${task("dev")}, and ${task(`send ${sample}`)}`,
    );
  }
}

function shown({ added, changed }: HandlerPlan): string {
  return [...added, ...changed].map(([path, text]) => `// ${path}\n\n${text}`)
    .join("\n");
}

function isExpected(error: unknown): error is Error {
  return isUsageError(error) || error instanceof NewHandlerError ||
    error instanceof HandlerFileError || error instanceof HandlerListError ||
    error instanceof EventPropertiesError;
}

try {
  const { values, positionals: [what, ...patterns] } = parseArgs({
    allowPositionals: true,
    options: { help: { type: "boolean" }, "dry-run": { type: "boolean" } },
  });
  if (values.help) console.log(HELP.trimEnd());
  else if (what !== "handler" || patterns.length === 0) {
    throw new UsageError(HELP.trimEnd());
  } else await make(patterns.map(eventKey), values["dry-run"] ?? false);
} catch (error) {
  if (!isExpected(error)) throw error;
  console.error(error.message);
  Deno.exitCode = 2;
}

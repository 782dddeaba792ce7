/**
 * What files say once the project is the studio's own.
 *
 * @module
 */

/** A file has no longer the form that is to be changed. */
export class TextError extends Error {
  override name = "TextError";
}

/** Names of the example handlers in `handlers/mod.ts`. */
const EXAMPLE_NAMES = ["userLoggedIn", "userThirdPartyLoggedIn"];

/** The examples' setting in `handlers/settings.ts`, with its comment. */
const SETTING =
  /\n {2}\/\*\* The item that the example handlers grant\. \*\/\n {2}itemIdToGrant: \{[^]*?\n {2}\},/;

/** `handlers/mod.ts` without the examples. Not yet formatted. */
export function handlerListText(text: string): string {
  return EXAMPLE_NAMES.reduce(
    (rest, name) =>
      rest.replace(new RegExp(`^import ${name} from .*\\n`, "m"), "")
        .replace(new RegExp(`^ +${name},\\n`, "m"), ""),
    text,
  );
}

/** `handlers/settings.ts` without the examples' setting. Not yet formatted. */
export function settingsText(text: string): string {
  const rest = text.replace(SETTING, "");
  const isUsed = /\btext\b/.test(rest.replace(/^import .*$/m, ""));
  return isUsed ? rest : rest.replace(
    "import { defineSettings, text }",
    "import { defineSettings }",
  )
    .replace(
      " here: handlers read it, typed, as `ctx.config.itemIdToGrant`.",
      " here: handlers read it, typed, as `ctx.config.<name>`.",
    );
}

/** What of `deno.json` is changed. */
export interface ConfigChange {
  /** Tasks to remove. */
  readonly tasks: readonly string[];
  /** Files that the remaining tasks do not run any more. */
  readonly steps: readonly string[];
  /** Whether `tests/` is the studio's alone. */
  readonly ownTestsOnly: boolean;
}

/** `deno.json` with fewer tasks. Not yet formatted. */
export function configText(text: string, change: ConfigChange): string {
  const config = JSON.parse(text) as {
    tasks: Record<string, { description: string; command: string }>;
  };
  for (const name of change.tasks) delete config.tasks[name];
  for (const name of ["ok", "gen"]) {
    const task = config.tasks[name];
    if (task === undefined) {
      throw new TextError(`deno.json has no task "${name}": expected it`);
    }
    task.command = task.command.split(" && ").filter((step) =>
      !change.steps.some((file) => step.includes(` ${file}`))
    ).join(" && ");
  }
  if (change.ownTestsOnly) {
    config.tasks.test = {
      description: "Run the tests of your handlers; types are checked by ok",
      command: "deno test --no-prompt --no-check --parallel -A tests/",
    };
  }
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** `text` without its lines that name the examples' setting. */
export function withoutItem(text: string): string {
  return text.split("\n").filter((line) => !line.includes("ITEM_ID_TO_GRANT"))
    .join("\n");
}

/**
 * The studio's own `README.md`.
 *
 * @param name The project's name.
 * @param docs The framework's guides that stay.
 */
export function readmeText(name: string, docs: readonly string[]): string {
  const guides = docs.map((file) => `[${file}](docs/${file})`).join(", ");
  return `# ${name}

Handles events of AccelByte Gaming Services (AGS), made with
extend-event-handler-deno.

\`\`\`sh
./task dev                                            # run it, with an emulated AGS
./task events login                                   # find an event
./task new handler userAuthentication.userLoggedIn    # write its handler and a test
./task send userAuthentication.userLoggedIn           # send one to the running service
./task test                                           # test your handlers
./task ok                                             # format, lint, types, generated files
./task compile                                        # make the one executable
\`\`\`

On Windows, write \`task\` in place of \`./task\`.

Handlers are in \`handlers/\`, their tests in \`tests/handlers/\`, their settings in
\`handlers/settings.ts\`. [docs/tutorial.md](docs/tutorial.md) builds three handlers,
and [AGENTS.md](AGENTS.md) has the rules in short, for people and coding assistants.

The guides: ${guides}.
`;
}

/** \`.ci/run\` of a project that has no tests of the framework. */
export const CI_TEXT = `#!/usr/bin/env bash
# Checks a clean checkout: fails when anything fails.
set -euo pipefail
cd "$(dirname "$0")/.."
./task ok
./task test
./task compile
`;

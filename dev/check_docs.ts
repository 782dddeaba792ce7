// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * Checks that whatever handlers may import is documented: `deno run -A dev/check_docs.ts`.
 *
 * `deno doc --lint` says what is missing; a setting's type is taken from its schema,
 * which is not written out a second time to please it.
 *
 * @module
 */

import denoJson from "../deno.json" with { type: "json" };

/** The tables from which types are taken. */
const TABLES = /references private type '(settings|SETTINGS)'/;

const TIMEOUT = 120_000;

/** What is missing, with its place; nothing when all is documented. */
export async function undocumented(): Promise<readonly string[]> {
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--lint", ...Object.values(denoJson.exports)],
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(TIMEOUT),
    stdout: "null",
    stderr: "piped",
  }).output();
  return new TextDecoder().decode(stderr).split(/^(?=error)/m)
    .filter((text) => text.startsWith("error[") && !TABLES.test(text))
    .map((text) => text.split("\n").slice(0, 2).join(""));
}

if (import.meta.main) {
  const missing = await undocumented();
  for (const text of missing) console.error(text);
  Deno.exitCode = missing.length === 0 ? 0 : 1;
}

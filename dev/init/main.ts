// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * `./task init`: makes this repository a studio's own project.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isUsageError } from "../command_line.ts";
import { CHOICES, EXAMPLES, FRAMEWORK, OPS, type Part } from "./parts.ts";
import { type InitPlan, planInit } from "./plan.ts";
import { TextError } from "./texts.ts";

const HELP =
  `Makes this repository your own project: removes the example handlers, and
what only the framework's maintainers need.

Usage: ./task init [options]

  --keep PART    Keep a part that goes otherwise
  --remove PART  Remove a part that stays otherwise
  --yes          Do not ask
  --dry-run      Show what would be done, and do nothing
  --force        Do it although files have changes that git does not have

Parts:
${CHOICES.map(partLine).join("\n")}
`;

/** What was asked for cannot be done. */
class InitError extends Error {
  override name = "InitError";
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

function partLine({ name, what, isRemoved }: Part): string {
  return `  ${name.padEnd(10)} ${what}: ${isRemoved ? "goes" : "stays"}`;
}

async function init(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: "boolean" },
      keep: { type: "string", multiple: true, default: [] },
      remove: { type: "string", multiple: true, default: [] },
      yes: { type: "boolean", default: false },
      "dry-run": { type: "boolean", default: false },
      force: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP.trimEnd());
    return 0;
  }
  const parts = chosen(values.keep, values.remove);
  const plan = await planInit(ROOT, parts);
  show(plan, parts);
  if (values["dry-run"]) return 0;
  if (!values.force) await assertCommitted(plan);
  if (!values.yes) {
    if (!Deno.stdin.isTerminal()) {
      throw new InitError("Nobody can be asked here: expected --yes");
    }
    if (!confirm("Do this?")) return 1;
  }
  await apply(plan);
  await generate();
  console.log(`
Done. Next:
  ./task new handler userAuthentication.userLoggedIn   # docs/tutorial.md builds three
  ./task dev`);
  return 0;
}

/** The parts to remove. */
function chosen(
  keep: readonly string[],
  remove: readonly string[],
): readonly Part[] {
  for (const name of [...keep, ...remove]) {
    if (CHOICES.some((part) => part.name === name)) continue;
    const known = CHOICES.map((part) => part.name).join(" or ");
    throw new InitError(`Part "${name}" is unknown: expected ${known}`);
  }
  const parts = CHOICES.filter(({ name, isRemoved }) =>
    remove.includes(name) || (isRemoved && !keep.includes(name))
  );
  if (parts.includes(OPS) && !parts.includes(FRAMEWORK)) {
    throw new InitError(
      'Part "framework" tests part "ops": expected to keep both, or remove both',
    );
  }
  return parts;
}

function show(plan: InitPlan, parts: readonly Part[]): void {
  console.log("Removes:");
  for (const { what } of [EXAMPLES, ...parts]) console.log(`  ${what}`);
  console.log(
    `\n${plan.removed.length} files are removed, ${plan.changed.size} are changed: ` +
      [...plan.changed.keys()].join(", "),
  );
  for (const note of plan.notes) console.log(`Note: ${note}`);
}

/** Nothing may be lost that git does not have. */
async function assertCommitted({ removed, changed }: InitPlan): Promise<void> {
  const lines = await gitStatus();
  const touched = new Set([...removed, ...changed.keys()]);
  const open = lines.map((line) => line.slice("XY ".length))
    .filter((file) => touched.has(file));
  if (open.length === 0) return;
  throw new InitError(
    `git does not have what is in ${
      open.join(", ")
    }: expected a commit first, or --force`,
  );
}

/** What git says has changed; nothing where there is no git. */
async function gitStatus(): Promise<readonly string[]> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args: ["status", "--porcelain", "--untracked-files=all"],
      cwd: ROOT,
      stderr: "null",
    }).output();
    if (!success) return [];
    return new TextDecoder().decode(stdout).split("\n").filter(Boolean);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function apply({ removed, changed }: InitPlan): Promise<void> {
  for (const [file, text] of changed) {
    await Deno.writeTextFile(join(ROOT, file), text);
  }
  for (const file of removed) await Deno.remove(join(ROOT, file));
  const folders = new Set(removed.flatMap(foldersOf));
  // The longest first: a folder is empty once those in it are gone.
  for (const folder of [...folders].sort((a, b) => b.length - a.length)) {
    await removeEmpty(join(ROOT, folder));
  }
}

function foldersOf(file: string): readonly string[] {
  const folder = dirname(file);
  return folder === "." ? [] : [folder, ...foldersOf(folder)];
}

async function removeEmpty(folder: string): Promise<void> {
  const [first] = await Array.fromAsync(Deno.readDir(folder));
  if (first === undefined) await Deno.remove(folder);
}

/** Writes what is made from the settings, which are others now. */
async function generate(): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "-A", "dev/gen/docs.ts"],
    cwd: ROOT,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  const text = new TextDecoder().decode(stderr).trim();
  throw new InitError(`./task gen failed:\n${text}`);
}

try {
  Deno.exitCode = await init(Deno.args);
} catch (error) {
  const isExpected = error instanceof InitError || error instanceof TextError ||
    isUsageError(error);
  if (!isExpected) throw error;
  console.error(error.message);
  Deno.exitCode = 2;
}

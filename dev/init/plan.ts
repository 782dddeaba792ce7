/**
 * Plans what `./task init` removes and changes.
 *
 * @module
 */

import { basename, join } from "node:path";
import { formatFiles } from "../gen/format.ts";
import { EXAMPLES, FRAMEWORK, OPS, type Part } from "./parts.ts";
import {
  CI_TEXT,
  configText,
  handlerListText,
  readmeText,
  settingsText,
  withoutItem,
} from "./texts.ts";

/** What is to be done. Paths are relative to the project. */
export interface InitPlan {
  /** Files to remove, sorted. */
  readonly removed: readonly string[];
  /** New content of files, by path. */
  readonly changed: ReadonlyMap<string, string>;
  /** What the user has to see to, in words. */
  readonly notes: readonly string[];
}

/** The examples' setting, as handlers read it. */
const ITEM = /\bitemIdToGrant\b/;

/**
 * Plans it; nothing is written.
 *
 * @param root The project's folder.
 * @param parts The parts to remove, beside the examples.
 */
export async function planInit(
  root: string,
  parts: readonly Part[],
): Promise<InitPlan> {
  const all = [EXAMPLES, ...parts];
  const files = await Promise.all(all.map((part) => filesOf(root, part)));
  const gone = new Set(files.flat());
  const removed = [...gone].sort();
  const read = (file: string) => Deno.readTextFile(join(root, file));
  const hasFramework = !parts.includes(FRAMEWORK);
  const notes: string[] = [];
  const changed = new Map<string, string>();
  changed.set(
    "handlers/mod.ts",
    handlerListText(await read("handlers/mod.ts")),
  );
  const users = await readersOf(root, gone);
  if (users.length > 0) {
    notes.push(
      `ITEM_ID_TO_GRANT stays: ${
        users.join(", ")
      } reads ctx.config.itemIdToGrant`,
    );
  } else {
    changed.set(
      "handlers/settings.ts",
      settingsText(await read("handlers/settings.ts")),
    );
    for (const file of ["docs/deploy.md", "docker-compose.yaml"]) {
      changed.set(file, withoutItem(await read(file)));
    }
  }
  changed.set(
    "deno.json",
    configText(await read("deno.json"), {
      tasks: all.flatMap(({ tasks = [] }) => tasks),
      steps: all.flatMap(({ steps = [] }) => steps),
      ownTestsOnly: !hasFramework,
    }),
  );
  if (!hasFramework) {
    changed.set(".ci/run", CI_TEXT);
    const docs = (await list(join(root, "docs"))).filter((name) =>
      name.endsWith(".md") && !gone.has(`docs/${name}`)
    );
    changed.set("README.md", readmeText(basename(root), docs));
    for (const name of docs) {
      const file = `docs/${name}`;
      const text = changed.get(file) ?? await read(file);
      const rest = withoutExamples(text);
      if (rest !== text) changed.set(file, rest);
      await unlink(file);
    }
  }
  if (parts.includes(OPS)) await unlink("docs/observability.md");

  /** Takes the links to what goes out of a page: their words stay. */
  async function unlink(file: string): Promise<void> {
    const text = changed.get(file) ?? await read(file);
    const rest = withoutLinks(
      text,
      (target) =>
        [...gone].some((path) =>
          path === target || path.startsWith(`${target}/`)
        ),
    );
    if (rest !== text) changed.set(file, rest);
  }

  const isFormatted = (file: string) => /\.(ts|md|json)$/.test(file);
  const formatted = await formatFiles(
    new Map([...changed].filter(([file]) => isFormatted(file))),
  );
  return { removed, changed: new Map([...changed, ...formatted]), notes };
}

/** What a page says of examples. */
const EXAMPLE = /<!-- example -->[^]*?<!-- \/example -->\n*/g;

/** A page without what it says of examples that go. */
export function withoutExamples(text: string): string {
  return text.replace(EXAMPLE, "");
}

/** A link in a page of `docs/`, to a file. */
const LINK = /\[([^\]]*)\]\((?!https?:)([^)#\s]+)(#[^)\s]*)?\)/g;

/** A page of `docs/` with the words of links in place of links to what goes. */
export function withoutLinks(
  text: string,
  isGone: (path: string) => boolean,
): string {
  return text.replace(LINK, (link, words: string, target: string) => {
    const path = join("docs", target).replaceAll("\\", "/");
    return isGone(path) ? words : link;
  });
}

/** Handlers and tests of the studio's that read the examples' setting. */
async function readersOf(
  root: string,
  gone: ReadonlySet<string>,
): Promise<readonly string[]> {
  const files = await filesBelow(root, "handlers");
  const readers: string[] = [];
  for (const file of files) {
    if (gone.has(file) || file === "handlers/settings.ts") continue;
    if (ITEM.test(await Deno.readTextFile(join(root, file)))) {
      readers.push(file);
    }
  }
  return readers;
}

/** The files of a part that are there. */
async function filesOf(root: string, part: Part): Promise<readonly string[]> {
  const { paths, except = [] } = part;
  const files = (await Promise.all(paths.map((path) => filesBelow(root, path))))
    .flat();
  return files.filter((file) =>
    !except.some((path) => file.startsWith(`${path}/`))
  );
}

/** A file itself, or all files below a folder; none where there is nothing. */
async function filesBelow(
  root: string,
  path: string,
): Promise<readonly string[]> {
  try {
    const { isDirectory } = await Deno.lstat(join(root, path));
    if (!isDirectory) return [path];
    const names = await list(join(root, path));
    const files = names.map((name) => filesBelow(root, `${path}/${name}`));
    return (await Promise.all(files)).flat();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function list(folder: string): Promise<readonly string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.map(({ name }) => name).sort();
}

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { ROOT } from "../dev/_run.ts";

/** A link to a file of the project, with its anchor. */
const LINK = /\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)/g;

const CODE = /^```[^]*?^```$|`[^`\n]*`/gm;

/** A page's links, but for those in code. */
async function linksOf(page: string) {
  const text = (await Deno.readTextFile(join(ROOT, page))).replace(CODE, "");
  return [...text.matchAll(LINK)].map(([, target = "", anchor]) => ({
    file: target === "" ? page : join(dirname(page), target),
    anchor,
  }));
}

/** The anchors of a page's headings, as GitHub makes them. */
async function anchorsOf(page: string): Promise<ReadonlySet<string>> {
  const text = (await Deno.readTextFile(join(ROOT, page)))
    .replace(/^```[^]*?^```$/gm, "");
  return new Set(
    [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) =>
      heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-")
    ),
  );
}

/** All pages: what a reader may open. */
async function pages(): Promise<readonly string[]> {
  const docs: string[] = [];
  for await (const { name } of Deno.readDir(join(ROOT, "docs"))) {
    if (name.endsWith(".md")) docs.push(`docs/${name}`);
  }
  return ["README.md", "AGENTS.md", "CONTRIBUTING.md", "ops/README.md", ...docs]
    .sort();
}

Deno.test("README.md has at most 150 lines, and leads to every page", async () => {
  const text = await Deno.readTextFile(join(ROOT, "README.md"));
  assert.ok(text.trimEnd().split("\n").length <= 150);
  const linked = new Set((await linksOf("README.md")).map(({ file }) => file));
  const lost = (await pages()).filter((page) =>
    page !== "README.md" && !linked.has(page)
  );
  assert.deepEqual(lost, []);
});

Deno.test("Links between pages lead to files and headings that are there", async () => {
  const dead: string[] = [];
  for (const page of await pages()) {
    for (const { file, anchor } of await linksOf(page)) {
      const link = `${page}: ${file}${
        anchor === undefined ? "" : `#${anchor}`
      }`;
      try {
        await Deno.stat(join(ROOT, file));
      } catch {
        dead.push(link);
        continue;
      }
      if (anchor === undefined || !file.endsWith(".md")) continue;
      if (!(await anchorsOf(file)).has(anchor)) dead.push(link);
    }
  }
  assert.deepEqual(dead, []);
});

import assert from "node:assert/strict";
import { join } from "node:path";
import { declarationsOf } from "../../../dev/events/declaration.ts";
import { makeFolder } from "../gen/_fixtures.ts";
import { ROOT } from "../_run.ts";
import { EVENTS, PROTO_FOLDER } from "./_all_events.ts";

Deno.test("declarationsOf() has all that an event's type needs, and nothing twice", async () => {
  // Each event's types by themselves: what is missing or there twice does not compile.
  const spaces = EVENTS.map(({ typesFile, typeName, types }, index) => {
    const declarations = declarationsOf(PROTO_FOLDER, {
      file: typesFile,
      name: typeName,
    });
    return `namespace E${index} {
      ${declarations.join("\n\n")}
      export type IsTheEvents = EventData[${
      JSON.stringify(types[0])
    }] extends ${typeName} ? true : false;
      export const isTheEvents: IsTheEvents = true;
    }`;
  });
  await using folder = await makeFolder({
    "all.ts": `import type { EventData } from ${
      JSON.stringify(join(PROTO_FOLDER, "events.ts"))
    };\n${spaces.join("\n")}`,
  });
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "check",
      "--config",
      join(ROOT, "deno.json"),
      join(folder.path, "all.ts"),
    ],
    stderr: "piped",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
});

Deno.test("declarationsOf() shows comments, and follows imports", async () => {
  await using folder = await makeFolder({
    "a/one.ts": `import type * as two from "../b/two.ts";
import type { JsonObject } from "../json.ts";

/** An event. */
export interface Sold {
  /**
   * Not Unused.
   *
   * @deprecated
   */
  readonly Unused: string;
  readonly line?: two.Line | undefined;
  readonly more: JsonObject;
}

/** Nobody needs it. */
export interface Unused {
  readonly x: "Other";
}

export type Other = Readonly<Record<string, never>>;
`,
    "b/two.ts": `/** A line. */
export interface Line {
  readonly kind: Kind;
}

/** Some. */
export type Kind =
  | "A"
  | "B";
`,
    "json.ts": `/** JSON. */
export interface JsonObject {
  readonly [name: string]: JsonObject;
}
`,
  });
  const texts = declarationsOf(folder.path, { file: "a/one.ts", name: "Sold" });
  assert.deepEqual(
    texts.map((text) => /export \w+ (\w+)/.exec(text)?.[1]),
    ["Sold", "Line", "JsonObject", "Kind"],
  );
  assert.match(
    texts[0] ?? "",
    /^\/\*\* An event\. \*\/\n.*@deprecated.*\n\}$/s,
  );
  assert.match(texts[3] ?? "", /^\/\*\* Some\. \*\/\n.*"B";$/s);
});

Deno.test("declarationsOf() says what to do when types are out of date", async () => {
  await using folder = await makeFolder({
    "a.ts": "export type A = string;\n",
  });
  for (
    const place of [{ file: "a.ts", name: "B" }, { file: "b.ts", name: "B" }]
  ) {
    assert.throws(() => declarationsOf(folder.path, place), {
      name: "DeclarationError",
      message: /: run \.\/task gen$/,
    });
  }
});

import assert from "node:assert/strict";
import { addToList, HandlerListError } from "../../../dev/new/handler_list.ts";
import { formatFiles } from "../../../dev/gen/format.ts";

const HANDLER = { fileName: "party_created", importName: "partyCreated" };

async function added(text: string, handler = HANDLER): Promise<string> {
  const path = "mod.ts";
  const files = await formatFiles(new Map([[path, addToList(text, handler)]]));
  return files.get(path) ?? "";
}

Deno.test("addToList() puts import and entry behind those that are there", async () => {
  assert.equal(
    await added(`/** Handlers. */

import type { Handler } from "event-handler";
import userLoggedIn from "./user_logged_in.ts";

/** Every handler of this app. */
export const handlers: readonly Handler[] = [
  userLoggedIn,
];

/** Something else. */
export const others = [1];
`),
    `/** Handlers. */

import type { Handler } from "event-handler";
import userLoggedIn from "./user_logged_in.ts";
import partyCreated from "./party_created.ts";

/** Every handler of this app. */
export const handlers: readonly Handler[] = [
  userLoggedIn,
  partyCreated,
];

/** Something else. */
export const others = [1];
`,
  );
});

const LISTS: readonly (readonly [what: string, list: string])[] = [
  ["empty", "[];"],
  ["on one line", "[a];"],
  ["without a last comma", "[\n  a\n];"],
  [
    "with a comment at its end",
    "[\n  a, // the first, and last\n  // the end\n];",
  ],
];

for (const [what, list] of LISTS) {
  Deno.test(`addToList() takes a list that is ${what}`, async () => {
    const text = await added(
      `import type { Handler } from "event-handler";
import {
  a,
} from "./several.ts";
export const handlers: readonly Handler[] = ${list}\n`,
    );
    assert.match(text, /^import partyCreated from "\.\/party_created\.ts";$/m);
    assert.match(text, /(,|\[)(\s*\/\/.*)*\s*partyCreated,?\s*\];$/m);
    assert.match(text, list === "[];" ? /\[$|\[partyCreated\]/m : /\[\s*a,/);
    assert.equal(text.match(/,\s*,/), null);
  });
}

Deno.test("addToList() says what to write by hand when there is no list", () => {
  assert.throws(
    () => addToList("export const handlers = load();", HANDLER),
    (error) => {
      assert.ok(error instanceof HandlerListError);
      assert.match(
        error.message,
        /by hand: import partyCreated from "\.\/party_created\.ts";$/,
      );
      return true;
    },
  );
});

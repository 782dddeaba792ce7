import assert from "node:assert/strict";
import fc from "fast-check";
import { fillPath } from "../../lib/ags/path.ts";
import { TerminalError } from "../../lib/core/errors.ts";

const TEMPLATE = "/platform/admin/namespaces/{namespace}/users/{userId}/grant";

Deno.test("fillPath() fills each part of the path", () => {
  const params = { namespace: "mygame", userId: "u1" };
  assert.equal(
    fillPath(TEMPLATE, params, undefined),
    "/platform/admin/namespaces/mygame/users/u1/grant",
  );
});

Deno.test("fillPath() fills a part that occurs twice, twice", () => {
  assert.equal(fillPath("/{a}/x/{a}", { a: "1" }, undefined), "/1/x/1");
});

for (
  const [what, value] of [
    ["missing", undefined],
    ["empty", ""],
    ["a dot", "."],
    ["two dots", ".."],
    ["half of a surrogate pair", "\ud83d"],
    ["the other half, in a text", "a\ude00b"],
  ] as const
) {
  Deno.test(`fillPath() blames the event for a part that is ${what}`, () => {
    assert.throws(
      () => fillPath(TEMPLATE, { namespace: "n", userId: value }, undefined),
      (error) => {
        assert.ok(error instanceof TerminalError);
        assert.equal(error.fault, "event");
        assert.match(error.message, /"userId" of \/platform/);
        return true;
      },
    );
  });
}

Deno.test("fillPath() refuses a template that would change the host's name", () => {
  for (const template of ["platform/{a}", ".example.com/{a}", "@host/{a}"]) {
    assert.throws(() => fillPath(template, { a: "1" }, undefined), TypeError);
  }
});

/** Values that have changed the meaning of paths elsewhere. */
const nasty = fc.constantFrom(
  "..",
  ".",
  "../..",
  "..\\..",
  "/",
  "//evil.example",
  "%2e%2e",
  ".%2e",
  "%2E",
  "%2f",
  "%",
  "%00",
  "?a=b",
  "#a",
  ";a=b",
  "a b",
  " ",
  "\t\r\n",
  "\u0000",
  "{userId}",
  "$&",
  "ünï",
  "日本",
  "🎮",
  "\u202e",
  "@evil.example",
  "...",
);

const text = fc.oneof(
  nasty,
  fc.string({ unit: "binary" }),
  fc.array(nasty, { maxLength: 3 }).map((parts) => parts.join("")),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 })
    .map((units) => String.fromCharCode(...units)),
);

Deno.test("fillPath() lets no value change the path's shape", () => {
  fc.assert(
    fc.property(text, text, (namespace, userId) => {
      let path: string;
      try {
        path = fillPath(TEMPLATE, { namespace, userId }, undefined);
      } catch (error) {
        assert.ok(error instanceof TerminalError);
        return;
      }
      const url = new URL(`https://ags.example${path}`);
      assert.equal(url.host, "ags.example");
      assert.equal(url.search + url.hash, "");
      const parts = url.pathname.split("/").map(decodeURIComponent);
      assert.deepEqual(parts, [
        "",
        "platform",
        "admin",
        "namespaces",
        namespace,
        "users",
        userId,
        "grant",
      ]);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("fillPath() repeats an array's name in the query and leaves out undefined", () => {
  const query = {
    itemId: ["a", "b"],
    none: [],
    activeOnly: true,
    limit: 0,
    offset: undefined,
  };
  assert.equal(
    fillPath("/x", {}, query),
    "/x?itemId=a&itemId=b&activeOnly=true&limit=0",
  );
});

Deno.test("fillPath() appends nothing for a query that says nothing", () => {
  assert.equal(fillPath("/x", {}, {}), "/x");
  assert.equal(fillPath("/x", {}, { a: undefined, b: [] }), "/x");
});

Deno.test("fillPath() lets no value change the query's shape", () => {
  fc.assert(
    fc.property(text, text, (name, value) => {
      const path = fillPath("/x", {}, { [name]: value, last: 1 });
      const url = new URL(`https://ags.example${path}`);
      assert.equal(url.pathname, "/x");
      assert.equal(url.hash, "");
      const entries: Record<string, string> = {
        [name.toWellFormed()]: value.toWellFormed(),
      };
      entries.last = "1";
      assert.deepEqual(Object.fromEntries(url.searchParams), entries);
    }),
  );
});

import assert from "node:assert/strict";
import fc from "fast-check";
import {
  FilterError,
  parseFilter,
} from "../../../dev/webpubsub_emulator/filter.ts";

const me = {
  id: "c-1",
  userId: "vic's" as string | undefined,
  groups: new Set(["g1", "g2"]),
};
const nobody = { id: "c-2", userId: undefined, groups: new Set<string>() };

Deno.test("A filter finds connections", () => {
  for (
    const [filter, isMe, isNobody] of [
      ["userId eq 'vic''s'", true, false],
      ["userId ne 'vic''s'", false, true],
      ["userId eq null", false, true],
      ["connectionId eq 'c-1'", true, false],
      ["CONNECTIONID EQ 'c-1'", true, false],
      ["'g1' in groups", true, false],
      ["not('g1' in groups)", false, true],
      ["not 'g1' in groups", false, true],
      ["'g1' in groups and 'g3' in groups", false, false],
      ["'g1' in groups or 'g3' in groups", true, false],
      ["true or false and false", true, true],
      ["(true or false) and false", false, false],
      ["connectionId in ('c-1', 'c-9')", true, false],
      ["length(userId) gt 4 and length(userId) le 5", true, false],
      ["length(groups) ge 2", true, false],
      ["length(userId) lt 1", false, true],
      ["startswith(userId, 'vi')", true, false],
      ["endswith(toupper(userId), 'S')", true, false],
      ["contains(tolower(connectionId), 'c-')", true, true],
      ["indexof(userId, 'c') eq 2", true, false],
      ["substring(userId, 1) eq 'ic''s'", true, false],
      ["substring(userId, 1, 2) eq 'ic'", true, false],
      ["concat(concat('a', trim('  b ')), 'c') eq 'abc'", true, true],
      ["userId gt 'a'", true, false],
      ["length(userId) eq -1", false, false],
    ] as const
  ) {
    const test = parseFilter(filter);
    assert.deepEqual([test(me), test(nobody)], [isMe, isNobody], filter);
  }
});

Deno.test("What is no filter is refused when it is read or used", () => {
  for (
    const text of [
      "",
      "userId",
      "'a'",
      "1",
      "userId eq",
      "eq 'a'",
      "userId eq 'a",
      "userId = 'a'",
      "userId eq 'a' 'b'",
      "(userId eq 'a'",
      "unknown eq 'a'",
      "constructor eq 'a'",
      "toString('a')",
      "valueOf('a') eq 'a'",
      "not 'a'",
      "'a' and true",
      "1 gt 'a'",
      "'a' in 'abc'",
      "'a' in (groups)",
      "length(1) eq 1",
      "substring('a', 'b') eq 'a'",
      "(".repeat(10_000),
      "not ".repeat(10_000) + "true",
      `userId eq '${"x".repeat(10_000)}'`,
    ]
  ) {
    assert.throws(() => parseFilter(text)(me), FilterError, text.slice(0, 50));
  }
});

Deno.test("A filter throws nothing else, whatever it says", () => {
  const words = fc.constantFrom(
    ..."userId connectionId groups eq ne in and or not ( ) , 'a' 1 true null length contains"
      .split(" "),
  );
  const texts = fc.oneof(
    fc.string(),
    fc.array(words, { maxLength: 20 }).map((each) => each.join(" ")),
  );
  fc.assert(fc.property(texts, (text) => {
    try {
      assert.equal(typeof parseFilter(text)(me), "boolean");
    } catch (error) {
      assert.ok(error instanceof FilterError, `${error}`);
    }
  }));
});

Deno.test("A text in a filter means itself, when its quotes are doubled", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    const filter = parseFilter(`userId eq '${text.replaceAll("'", "''")}'`);
    assert.ok(filter({ ...me, userId: text }));
    assert.ok(!filter({ ...me, userId: `${text}x` }));
  }));
});

import assert from "node:assert/strict";
import fc from "fast-check";
import {
  compilePartition,
  PartitionError,
  PartitionTemplateError,
} from "../../lib/archive/partition.ts";

const TIME = Date.parse("2026-03-04T05:06:07Z");

function folder(template: string, detail: object): string {
  return compilePartition(template)({ detail }, TIME);
}

Deno.test("partition: folders are made of fields and of the time", () => {
  assert.equal(
    folder("{detail.type}/{detail.v}/", { type: "purchase", v: 2 }),
    "purchase/2/",
  );
  assert.equal(
    folder("year={year}/month={month}/day={day}/{hour}/", {}),
    "year=2026/month=03/day=04/05/",
  );
  assert.equal(folder("v{detail.v|1}/", {}), "v1/");
  assert.equal(folder("v{detail.v|1}/", { v: null }), "v1/");
  assert.equal(folder("v{detail.v|1}/", { v: 3 }), "v3/");
  assert.equal(folder("v{detail.v}/", { v: 2.1 }), "v2.1/");
  assert.equal(folder("", {}), "");
  assert.equal(folder("{detail.n}/", { n: 2n ** 60n }), `${2n ** 60n}/`);
});

Deno.test("partition: a name that means something to a file system is written as bytes", () => {
  const names: readonly (readonly [string, string])[] = [
    ["..", "!2E./"],
    [".", "!2E/"],
    ["../../etc/passwd", "!2E.!2F..!2Fetc!2Fpasswd/"],
    ["a/b\\c", "a!2Fb!5Cc/"],
    ["a=b", "a!3Db/"],
    ["-rf", "!2Drf/"],
    ["_SUCCESS", "!5FSUCCESS/"],
    ["\0", "!00/"],
    ["a!b", "a!21b/"],
    ["é", "!C3!A9/"],
    ["🎮", "!F0!9F!8E!AE/"],
    ["\ud800", "!EF!BF!BD/"],
    ["error", "!65rror/"],
    ["ERROR", "!45RROR/"],
    ["errors", "errors/"],
    ["loyaltyPurchase-2.0_x", "loyaltyPurchase-2.0_x/"],
  ];
  for (const [name, wanted] of names) {
    assert.equal(folder("{detail.n}/", { n: name }), wanted);
  }
});

Deno.test("partition: no text makes a folder outside, nor one of errors, nor that of another text", () => {
  const partition = compilePartition("{detail.a}/{detail.b}/");
  const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 });
  const seen = new Map<string, string>();
  fc.assert(fc.property(text, text, (a, b) => {
    let made: string;
    try {
      made = partition({ detail: { a, b } }, TIME);
    } catch (error) {
      assert.ok(error instanceof PartitionError);
      return;
    }
    assert.match(made, /^[A-Za-z0-9!][\w.!-]*\/[A-Za-z0-9!][\w.!-]*\/$/);
    assert.ok(!/^error\//i.test(made), made);
    const key = JSON.stringify([a, b]);
    assert.equal(seen.get(made) ?? key, key);
    seen.set(made, key);
  }));
});

Deno.test("partition: only an event's own fields count", () => {
  for (
    const path of ["detail.constructor", "detail.__proto__.x", "detail.a.b.c"]
  ) {
    assert.throws(
      () => folder(`{${path}}/`, { a: { b: "text" } }),
      PartitionError,
    );
  }
});

Deno.test("partition: a template that makes no sense is refused", () => {
  for (
    const template of [
      "{detail.a}",
      "/{detail.a}/",
      "{detail.a}//",
      "../{detail.a}/",
      "{detail.a}/./",
      "error/{detail.a}/",
      "Error/{detail.a}/",
      "{}/",
      "{detail.a|}/",
      "{detail.a|../x}/",
      "{detail.a/",
      "a b/",
      "ü/",
    ]
  ) {
    assert.throws(
      () => compilePartition(template),
      PartitionTemplateError,
      template,
    );
  }
});

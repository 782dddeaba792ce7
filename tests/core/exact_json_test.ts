import assert from "node:assert/strict";
import fc from "fast-check";
import {
  exactJsonOf,
  parseExactJson,
  withLongNumbersQuoted,
} from "../../lib/core/exact_json.ts";

Deno.test("parseExactJson() reads a whole number that JavaScript would round as its digits", () => {
  for (
    const [text, value] of [
      ["9007199254740993", "9007199254740993"],
      ["-9007199254740993", "-9007199254740993"],
      ["9007199254740992", "9007199254740992"],
      ["9007199254740991", 9_007_199_254_740_991],
      ["-9007199254740991", -9_007_199_254_740_991],
      ["18446744073709551615", "18446744073709551615"],
      ["1000000000000000", 1e15],
      ["1152921504606846976", "1152921504606846976"],
      ["0.1234567890123456789", 0.12345678901234568],
      ["1234567890123456789.5", 1234567890123456800],
      ["1234567890123456789e3", 1.2345678901234568e21],
      ["-0", -0],
      ['"9007199254740993"', "9007199254740993"],
    ] as const
  ) {
    assert.deepEqual(parseExactJson(text), value, text);
    assert.deepEqual(parseExactJson(` [ ${text} ] `), [value], text);
    assert.deepEqual(
      parseExactJson(`{"a":{"b":[0,${text}],"c":${text}\n}}`),
      { a: { b: [0, value], c: value } },
      text,
    );
  }
});

Deno.test("parseExactJson() changes nothing in strings and keys", () => {
  const digits = "9007199254740993";
  for (
    const text of [
      `{"${digits}":1,"a":"x:${digits},","b":"[${digits}]"}`,
      `{"a":"\\"","b":": ${digits}","c":"\\\\","d":[",${digits}"]}`,
      `["\\\\\\"${digits}\\\\", "${digits}"]`,
    ]
  ) {
    assert.deepEqual(parseExactJson(text), JSON.parse(text), text);
  }
});

Deno.test("parseExactJson() refuses what is not JSON, as JSON.parse() does", () => {
  for (
    const text of [
      "",
      "{9007199254740993:1}",
      "09007199254740993",
      "--9007199254740993",
      "9007199254740993.",
      "[9007199254740993",
      '"9007199254740993',
      "1-9007199254740993",
    ]
  ) {
    assert.throws(() => parseExactJson(text), SyntaxError, text);
  }
});

Deno.test("parseExactJson() passes over the number of one key of the outermost object", () => {
  const long = "1795285231123456789";
  const text = `{"time":${long},"in":{"time":${long}},"x":[${long}],"other":0}`;
  assert.deepEqual(parseExactJson(text, { except: "time" }), {
    time: Number(long),
    in: { time: long },
    x: [long],
    other: 0,
  });
  const only = `{"time": ${long}, "a": "${long}"}`;
  assert.equal(withLongNumbersQuoted(only, { except: "time" }), undefined);
  for (
    const text of [
      `{"in":{"time":${long}}}`,
      `[{"time":${long}}]`,
      `{"a":"{","in":{"time":${long}}}`,
      `{"time":${long},"x":${long}}`,
      `{"time":${long},"in":{"time":${long}}}`,
      `{"\\u0074ime":${long}}`,
    ]
  ) {
    const exact = withLongNumbersQuoted(text, { except: "time" });
    assert.ok(exact?.includes(`"${long}"`), text);
  }
});

/** JSON with numbers of any length, and strings that look like JSON. */
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(null, true, false),
    fc.string(),
    fc.bigInt({ min: 2n ** 53n }).map((digits) => `[1,${digits}:"\\`),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie("value"), { maxKeys: 4 }),
  ),
}));

/** As the rule has it: long numbers are their digits. */
function expected(value: unknown): unknown {
  if (typeof value === "bigint") {
    const isSafe = Number.isSafeInteger(Number(value));
    return isSafe ? Number(value) : String(value);
  }
  if (Array.isArray(value)) return value.map(expected);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, expected(each)]),
  );
}

Deno.test("What exactJsonOf() writes, parseExactJson() reads, and no digit is lost", () => {
  fc.assert(fc.property(value, fc.nat({ max: 2 }), (written, indent) => {
    const text = exactJsonOf(written)!;
    // Doubles beyond 2^53 are written in digits, too, and read as those.
    const read = JSON.parse(
      JSON.stringify(expected(withDigits(JSON.parse(text), text))),
    );
    assert.deepEqual(parseExactJson(text), read);
    const spaced = text.replaceAll(/(?<=[[{,])(?=[[{])/g, " ".repeat(indent));
    if (!text.includes('"')) {
      assert.deepEqual(parseExactJson(spaced), read);
    }
  }));
});

/** The text's own values by the parser's word of their source: slow, and V8's. */
function withDigits(_value: unknown, text: string): unknown {
  const reviver = (
    _key: string,
    value: unknown,
    { source }: { readonly source?: string },
  ) =>
    typeof value === "number" && /^-?\d+$/.test(source ?? "")
      ? BigInt(source!)
      : value;
  return JSON.parse(text, reviver as Parameters<typeof JSON.parse>[1]);
}

Deno.test("parseExactJson() finds a long number wherever it stands", () => {
  for (let before = 0; before < 40; before++) {
    for (const digits of ["9007199254740993", "18446744073709551615"]) {
      const pad = "x".repeat(before);
      assert.deepEqual(parseExactJson(`{"${pad}":${digits},"z":[1]}`), {
        [pad]: digits,
        z: [1],
      });
    }
  }
});

Deno.test("exactJsonOf() writes a bigint as a number", () => {
  assert.equal(
    exactJsonOf({ a: 9_007_199_254_740_993n, b: [-1n], c: undefined }),
    '{"a":9007199254740993,"b":[-1]}',
  );
  assert.equal(exactJsonOf(undefined), undefined);
});

Deno.test("parseExactJson() is done with hostile texts in the time of their length", () => {
  // A quadratic one would take minutes: the test would not end.
  const size = 1_000_000;
  for (
    const text of [
      "9".repeat(size),
      `["${"9".repeat(size)}"]`,
      `[${" ".repeat(size)}9007199254740993]`,
      `["${"\\\\".repeat(size / 2)}",9007199254740993]`,
      `["${'\\"'.repeat(size / 2)}",9007199254740993]`,
      `[${Array(size / 20).fill("9007199254740993").join(",")},"x"]`,
      `["x",${Array(size / 20).fill("9007199254740993").join(",")}]`,
    ]
  ) {
    assert.ok(parseExactJson(text) !== undefined);
  }
});

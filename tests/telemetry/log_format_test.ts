import assert from "node:assert/strict";
import fc from "fast-check";
import type { LogRecord } from "@logtape/logtape";
import { RetryableError } from "../../lib/core/errors.ts";
import { formatJson, formatPretty } from "../../lib/telemetry/log_format.ts";

function recordOf(
  rawMessage: string,
  properties: Readonly<Record<string, unknown>> = {},
  level: LogRecord["level"] = "info",
): LogRecord {
  return {
    category: ["events"],
    level,
    // What LogTape makes of the message, with fields filled in: not to be used.
    message: ["filled in"],
    rawMessage,
    timestamp: Date.parse("2026-01-02T03:04:05.678Z"),
    properties,
  };
}

function withoutColours(text: string): string {
  // deno-lint-ignore no-control-regex -- An escape character begins a colour.
  return text.replace(/\x1b\[\d+m/g, "");
}

function prettyOf(...args: Parameters<typeof recordOf>): string {
  return withoutColours(formatPretty(recordOf(...args)));
}

Deno.test("formatJson() writes time, level, category and message, then the fields in order", () => {
  assert.equal(
    formatJson(recordOf("Event handled", { b: 1, a: "x" })),
    '{"time":"2026-01-02T03:04:05.678Z","level":"info",' +
      '"logCategory":"events","message":"Event handled","b":1,"a":"x"}\n',
  );
});

Deno.test("formatJson() calls levels what LOG_LEVEL calls them", () => {
  const levelOf = (level: LogRecord["level"]) =>
    JSON.parse(formatJson(recordOf("m", {}, level))).level;
  assert.deepEqual(
    (["debug", "info", "warning", "error"] as const).map(levelOf),
    ["debug", "info", "warn", "error"],
  );
});

Deno.test("formatJson() lets no field replace time, level, category and message", () => {
  const fields = {
    time: "never",
    level: "fatal",
    logCategory: "none",
    message: "forged",
    id: 1,
  };
  assert.deepEqual(JSON.parse(formatJson(recordOf("true", fields))), {
    time: "2026-01-02T03:04:05.678Z",
    level: "info",
    logCategory: "events",
    message: "true",
    id: 1,
  });
});

Deno.test("formatJson() fills nothing into the message", () => {
  const message = 'Hello {email}, {*} and {"a":1}';
  const line = formatJson(recordOf(message, { email: "a@b.c" }));
  assert.equal(JSON.parse(line).message, message);
  assert.doesNotMatch(line, /a@b\.c/);
});

Deno.test("formatJson() writes one line of JSON for every value", () => {
  const fields = fc.dictionary(
    fc.string(),
    fc.anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withObjectString: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
      withUnicodeString: true,
    }),
  );
  // What is redacted has tests of its own: log_fields_test.ts.
  const messages = fc.string().filter((each) =>
    !/@|eyJ|Bearer|Basic/.test(each)
  );
  fc.assert(
    fc.property(messages, fields, (message, properties) => {
      const text = formatJson(recordOf(message, properties));
      assert.equal(text.indexOf("\n"), text.length - 1);
      const line = JSON.parse(text);
      assert.equal(line.message, message);
      assert.equal(line.level, "info");
      assert.equal(line.time, "2026-01-02T03:04:05.678Z");
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("formatJson() writes text that no line may have as escapes", () => {
  const text = formatJson(recordOf("a\nb", { "c\r\nd": "\u2028\ud800\0" }));
  assert.equal(text.split("\n").length, 2);
  assert.deepEqual(JSON.parse(text)["c\r\nd"], "\u2028\ud800\0");
});

Deno.test("formatPretty() writes time, level, message and fields on one line", () => {
  assert.equal(
    prettyOf("Event handled", { id: "e-1", n: 2, o: { a: [1] }, u: undefined }),
    '03:04:05.678 info  Event handled id=e-1 n=2 o={"a":[1]} u=undefined\n',
  );
  assert.equal(prettyOf("m", {}, "warning"), "03:04:05.678 warn  m\n");
});

Deno.test("formatPretty() redacts like JSON, and fills nothing into the message", () => {
  const text = prettyOf("Hello {email}", { email: "a@b.c" });
  assert.equal(text, "03:04:05.678 info  Hello {email} email=[redacted]\n");
});

Deno.test("formatPretty() writes an error and what led to it on lines of their own", () => {
  const error = new RetryableError("outer\nsecond", {
    cause: new RetryableError("inner", { cause: "root" }),
  });
  assert.equal(
    prettyOf("m", { error, id: 1 }),
    `03:04:05.678 info  m id=1
    RetryableError: outer
    second
    caused by RetryableError: inner
    caused by root
`,
  );
});

Deno.test("formatPretty() writes where an error was made", () => {
  assert.match(
    prettyOf("m", { error: new Error("boom") }),
    /\n {4}Error: boom\n {4}at .*log_format_test\.ts/,
  );
});

Deno.test("formatPretty() writes the errors of an AggregateError", () => {
  const error = new AggregateError([new Error("one"), { code: 2 }], "all");
  assert.match(
    prettyOf("m", { error }),
    /AggregateError: all\n(?: {4}at .*\n)* {4}one of them: Error: one\n {4}one of them: \{"code":2\}\n$/,
  );
});

Deno.test("formatPretty() writes thrown values that are no errors", () => {
  assert.equal(
    prettyOf("m", { error: "boom" }),
    "03:04:05.678 info  m\n    boom\n",
  );
  assert.equal(
    prettyOf("m", { error: { code: 5 } }),
    '03:04:05.678 info  m\n    {"code":5}\n',
  );
  assert.equal(
    prettyOf("m", { error: null }),
    "03:04:05.678 info  m\n    null\n",
  );
});

Deno.test("formatPretty() lets no text steer the terminal", () => {
  const evil = "a\x1b[2Jb\r\nc\x9b\0";
  const text = formatPretty(
    recordOf(evil, {
      [evil]: evil,
      o: { [evil]: evil },
      error: new Error(evil),
    }),
  );
  // The service's own colours aside, only line feeds are left.
  const rest = withoutColours(text);
  assert.deepEqual(rest.match(/\p{Cc}/gu)?.filter((c) => c !== "\n"), []);
  assert.match(rest, /a\\u001b\[2Jb\\r\\nc\\u009b\\u0000/);
});

Deno.test("formatPretty() writes something for every value", () => {
  const fields = fc.dictionary(fc.string(), fc.anything());
  fc.assert(fc.property(fc.string(), fields, (message, properties) => {
    assert.match(
      prettyOf(message, properties),
      /^03:04:05\.678 info {2}.*\n$/s,
    );
  }));
});

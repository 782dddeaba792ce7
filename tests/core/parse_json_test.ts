import assert from "node:assert/strict";
import { z } from "zod";
import { TerminalError } from "../../lib/core/errors.ts";
import { parseJson } from "../../lib/core/parse_json.ts";

function errorOf(run: () => unknown): TerminalError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof TerminalError);
    return error;
  }
  throw new Error("Nothing was thrown");
}

Deno.test("parseJson() reads JSON of any kind", () => {
  for (const value of [null, true, 1, "text", [1], { a: { b: 1 } }]) {
    assert.deepEqual(parseJson(JSON.stringify(value)), value);
  }
  assert.deepEqual(parseJson('{"n":9007199254740993}'), {
    n: "9007199254740993",
  });
  assert.equal(parseJson<{ readonly id: string }>('{"id":"1"}').id, "1");
});

Deno.test("parseJson() rejects what is not JSON, and does not quote it", () => {
  for (const text of ["", "secret-text", '{"secret":', "{'secret': 1}"]) {
    const error = errorOf(() => parseJson(text));
    assert.equal(
      error.message,
      "Text in the event is not valid JSON: expected JSON",
    );
    assert.equal(error.cause, undefined);
    assert.equal(error.fault, "event");
  }
});

Deno.test("parseJson() checks with a function, such as a schema's", () => {
  const Order = z.object({ orderId: z.string(), amount: z.number() });
  const order = parseJson('{"orderId":"o-1","amount":2,"more":1}', Order.parse);
  assert.deepEqual(order, { orderId: "o-1", amount: 2 });
  const error = errorOf(() =>
    parseJson('{"orderId":"secret-text","amount":"secret-text"}', Order.parse)
  );
  assert.equal(
    error.message,
    "JSON in the event does not pass the handler's check",
  );
  assert.ok(error.cause instanceof z.ZodError);
  assert.doesNotMatch(String(error.cause), /secret-text/);
});

Deno.test("parseJson() does not parse what there is no memory for", () => {
  for (
    const text of [
      "[".repeat(2_000_000) + "]".repeat(2_000_000),
      `[${Array(1_300_000).fill("[]").join()}]`,
      '{"a":'.repeat(101) + "1" + "}".repeat(101),
    ]
  ) {
    const error = errorOf(() => parseJson(text));
    assert.equal(
      error.message,
      "JSON in the event exceeds the memory limit",
    );
    assert.equal(error.fault, "event");
  }
});

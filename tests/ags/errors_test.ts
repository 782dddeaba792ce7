import assert from "node:assert/strict";
import { AgsError, isTransient, refusal } from "../../lib/ags/errors.ts";

function refused(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): AgsError {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = new Response(null, { status, headers });
  return refusal("GET /x/{userId}", response, text);
}

Deno.test("refusal() reads AGS's standard body", () => {
  const error = refused(404, { errorCode: 30341, errorMessage: "No item" });
  assert.equal(error.status, 404);
  assert.equal(error.errorCode, 30341);
  assert.equal(error.errorMessage, "No item");
  assert.equal(
    error.message,
    "AGS answered GET /x/{userId} with 404 (30341): No item",
  );
});

Deno.test("refusal() reads the lobby's older spelling", () => {
  const error = refused(400, { ErrorCode: 11230, ErrorMessage: "No party" });
  assert.equal(error.errorCode, 11230);
  assert.equal(error.errorMessage, "No party");
});

Deno.test("refusal() reads IAM's OAuth body", () => {
  const error = refused(401, {
    error: "invalid_client",
    error_description: "Client is unknown",
  });
  assert.equal(error.errorCode, "invalid_client");
  assert.equal(error.errorMessage, "Client is unknown");
});

for (
  const body of ["<html>Bad gateway</html>", "", "null", "[1]", '"no"', "{"]
) {
  Deno.test(`refusal() makes do without AGS's words: ${body || "(nothing)"}`, () => {
    const error = refused(502, body);
    assert.equal(error.message, "AGS answered GET /x/{userId} with 502");
    assert.equal(error.errorCode, undefined);
    assert.equal(error.errorMessage, undefined);
    assert.equal(error.retryable, true);
  });
}

Deno.test("refusal() takes no codes and words of other types", () => {
  const error = refused(400, { errorCode: { a: 1 }, errorMessage: ["b"] });
  assert.equal(error.errorCode, undefined);
  assert.equal(error.errorMessage, undefined);
});

Deno.test("refusal() keeps no more than 200 characters of AGS's words", () => {
  const long = "x".repeat(10_000);
  const error = refused(400, { error: long, error_description: long });
  assert.equal(error.errorMessage?.length, 200);
  assert.equal(String(error.errorCode).length, 200);
  assert.ok(error.message.length < 500);
});

/** Whether the event comes again, and whether the request itself is sent again. */
const VERDICTS = [
  [301, 0, true, false],
  [302, 0, true, false],
  [308, 0, true, false],
  [400, 20018, false, false],
  [400, 35123, false, false],
  [401, 20001, true, false],
  [403, 20013, false, false],
  [404, 30341, false, false],
  [405, 405, false, false],
  [408, 0, true, true],
  [409, 20006, true, true],
  [409, 20007, false, false],
  [409, 0, false, false],
  [410, 0, false, false],
  [412, 18180, false, false],
  [422, 20002, false, false],
  [429, 20007, true, true],
  [500, 20000, true, true],
  [501, 0, true, true],
  [502, 0, true, true],
  [503, 0, true, true],
  [504, 0, true, true],
  [599, 0, true, true],
] as const;

for (const [status, code, retryable, transient] of VERDICTS) {
  const name = `${status}${code ? `/${code}` : ""}`;
  Deno.test(`refusal() says of ${name} that it is ${retryable ? "" : "not "}worth another delivery, and ${transient ? "" : "not "}another request`, () => {
    const error = refused(status, code ? { errorCode: code } : {});
    assert.equal(error.retryable, retryable);
    assert.equal(isTransient(status, error.errorCode), transient);
  });
}

Deno.test("refusal() knows a lost optimistic lock by its code in words, too", () => {
  assert.equal(refused(409, { errorCode: "20006" }).retryable, true);
});

Deno.test("a refusal that is final is the world's fault, not the event's", () => {
  assert.equal(refused(404, {}).fault, "state");
});

Deno.test("refusal() keeps how long AGS asks to wait", () => {
  assert.equal(refused(429, {}, { "retry-after": "7" }).retryAfter, 7_000);
  assert.equal(refused(503, {}).retryAfter, undefined);
  const year = { "retry-after": "999999999" };
  assert.equal(refused(503, {}, year).retryAfter, 60_000);
});

import assert from "node:assert/strict";
import { refusal } from "../../lib/ags/_refusal.ts";
import { AgsError, isInDoubt, isTransient } from "../../lib/ags/errors.ts";

function refused(
  status: number,
  body: unknown,
  { request = "GET /x/{userId}", ...headers }: Record<string, string> = {},
): AgsError {
  const text = typeof body === "string" || body === undefined
    ? body
    : JSON.stringify(body);
  const response = new Response(null, { status, headers });
  return refusal(
    request,
    response,
    text === undefined ? undefined : new TextEncoder().encode(text),
  );
}

const LOGIN = { request: "POST /iam/v3/oauth/token" };

Deno.test("refusal() reads AGS's standard body", () => {
  const error = refused(404, { errorCode: 30341, errorMessage: "No item" });
  assert.equal(error.status, 404);
  assert.equal(error.errorCode, 30341);
  assert.equal(error.errorMessage, "No item");
  assert.equal(
    error.message,
    "AGS answered GET /x/{userId} with 404 (30341, the item does not exist): No item",
  );
});

Deno.test("refusal() reads the lobby's older spelling", () => {
  const error = refused(400, { ErrorCode: 11230, ErrorMessage: "No party" });
  assert.equal(error.errorCode, 11230);
  assert.equal(error.errorMessage, "No party");
});

Deno.test("refusal() reads the OAuth body of IAM's OAuth endpoints", () => {
  const error = refused(401, {
    error: "invalid_client",
    error_description: "Client is unknown",
  }, LOGIN);
  assert.equal(error.errorCode, "invalid_client");
  assert.equal(error.errorMessage, "Client is unknown");
  assert.equal(error.isForeign, false);
});

Deno.test("refusal() says which permission AGS asks for", () => {
  const error = refused(403, {
    errorCode: 20013,
    errorMessage: "insufficient permissions",
    requiredPermission: {
      resource: "ADMIN:NAMESPACE:{namespace}:USER:{userId}:FULFILLMENT",
      action: 5,
    },
  });
  assert.equal(
    error.message,
    "AGS answered GET /x/{userId} with 403 (20013, the client lacks a permission): insufficient permissions; " +
      "it takes ADMIN:NAMESPACE:{namespace}:USER:{userId}:FULFILLMENT [CREATE, UPDATE]",
  );
});

/** What proxies, ingresses and firewalls answer. */
const FOREIGN: readonly unknown[] = [
  "<html>Bad gateway</html>",
  "404 page not found",
  "RBAC: access denied",
  "",
  "null",
  "[1]",
  '"no"',
  "{",
  {},
  { message: "no Route matched with those values" },
  { error: "forbidden", error_description: "go away" },
  { errorCode: { a: 1 }, errorMessage: ["b"] },
  { errorCode: "forbidden" },
  { errorCode: null },
  { errorCode: 1.5 },
  { errorMessage: "no" },
  { errors: [{ errorCode: 20002 }] },
  undefined,
];

for (const body of FOREIGN) {
  const name = typeof body === "string"
    ? body || "(nothing)"
    : body === undefined
    ? "(too much)"
    : JSON.stringify(body);
  Deno.test(`refusal() does not take this for AGS's word, whatever its status: ${name}`, () => {
    const statuses = [302, 400, 401, 403, 404, 405, 407, 409, 412, 413, 415];
    for (
      const status of [...statuses, 421, 422, 423, 425, 426, 431, 451, 502]
    ) {
      const error = refused(status, body, {
        "content-type": "text/html; charset=utf-8",
        "retry-after": "7",
      });
      assert.equal(
        error.message,
        `GET /x/{userId} was answered with ${status} and text/html: expected an error of AGS`,
      );
      assert.deepEqual([error.retryable, error.isForeign], [true, true]);
      assert.deepEqual([error.errorCode, error.errorMessage], [
        undefined,
        undefined,
      ]);
      assert.equal(error.retryAfter, 7_000);
      assert.equal(isInDoubt(error), true, "AGS may have carried it out");
    }
  });
}

Deno.test("refusal() shows no more of a stranger's content type than what one is", () => {
  for (
    const type of ["secret words", "a/b/c", `${"x".repeat(99)}/y`, "a/<b>"]
  ) {
    const { message } = refused(404, "", { "content-type": type });
    assert.match(message, /with 404 and no content type: expected/);
  }
});

Deno.test("refusal() keeps no more than 200 characters of AGS's words", () => {
  const long = "x".repeat(10_000);
  const error = refused(400, { error: long, error_description: long }, LOGIN);
  assert.equal(error.errorMessage?.length, 200);
  assert.equal(String(error.errorCode).length, 200);
  assert.ok(error.message.length < 500);
});

/** Whether the event comes again, and whether the request itself is sent again. */
const VERDICTS = [
  [302, 20000, true, false],
  [400, 20018, false, false],
  [400, 35123, false, false],
  [401, 20001, true, false],
  [403, 20013, true, false],
  [403, 1154002, true, false],
  [403, 30341, false, false],
  [404, 30341, false, false],
  [405, 405, false, false],
  [408, 20000, true, true],
  [409, 20006, true, true],
  [409, 20007, false, false],
  [409, 30341, false, false],
  [410, 30341, false, false],
  [412, 18180, false, false],
  [422, 20002, false, false],
  [429, 20007, true, true],
  [500, 20000, true, true],
  [501, 20000, true, true],
  [502, 20000, true, true],
  [503, 20000, true, true],
  [504, 20000, true, true],
  [599, 20000, true, true],
] as const;

for (const [status, code, retryable, transient] of VERDICTS) {
  Deno.test(`refusal() says of ${status}/${code} that it is ${retryable ? "" : "not "}worth another delivery, and ${transient ? "" : "not "}another request`, () => {
    const error = refused(status, { errorCode: code });
    assert.equal(error.isForeign, false);
    assert.equal(error.retryable, retryable);
    assert.equal(isTransient(status, error.errorCode), transient);
  });
}

Deno.test("refusal() knows a lost optimistic lock by its code in words, too", () => {
  assert.equal(refused(409, { errorCode: "20006" }).retryable, true);
});

Deno.test("a refusal that is final is the world's fault, not the event's", () => {
  assert.equal(refused(404, { errorCode: 30341 }).fault, "state");
});

for (
  const [status, errorCode, isOutage] of [
    [401, 20001, true],
    [403, 20003, true],
    [403, 20013, true],
    [403, 20014, true],
    [403, 20015, true],
    [403, 1154005, true],
    [403, 30341, false],
    [404, 20008, false],
    [400, 20018, false],
    [409, 20006, false],
    [503, 20000, false],
  ] as const
) {
  Deno.test(`refusal() says of ${status}/${errorCode} that it is ${isOutage ? "this client's fault" : "not about this client"}`, () => {
    assert.equal(refused(status, { errorCode }).isOutage, isOutage);
  });
}

Deno.test("refusal() keeps how long AGS asks to wait", () => {
  assert.equal(refused(429, {}, { "retry-after": "7" }).retryAfter, 7_000);
  assert.equal(refused(503, {}).retryAfter, undefined);
  const year = { "retry-after": "999999999" };
  assert.equal(refused(503, {}, year).retryAfter, 60_000);
});

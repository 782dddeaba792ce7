import assert from "node:assert/strict";
import fc from "fast-check";
import { AppError, RetryableError } from "../../lib/core/errors.ts";
import { Payload } from "../../lib/core/payload.ts";
import { Secret } from "../../lib/config/secret.ts";
import { plainFields, plainText } from "../../lib/telemetry/log_fields.ts";

const REDACTED = "[redacted]";
const CUT = "[…]";
const UNREADABLE = "[unreadable]";

/** Longest text that a record may have. */
const MAX_LENGTH = 65_536;

/** What is written of one value. */
function plain(value: unknown): unknown {
  return plainFields({ value }).value;
}

/** Nests an empty object this deep. */
function nested(depth: number): unknown {
  return depth === 0 ? {} : { inner: nested(depth - 1) };
}

Deno.test("plainFields() writes JSON as it is", () => {
  // Without what makes an e-mail address.
  const harmless = fc.string().map((text) => text.replaceAll(/@|%/g, ""));
  // Names without letters name nothing personal: `xIP` does, an address.
  const name = harmless.map((text) =>
    `x${text.replaceAll(/\p{L}/gu, "").slice(0, 5)}`
  );
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      fc.constantFrom(null, true, false, 0, -1.5, 1e21),
      harmless,
      fc.array(tie("json"), { maxLength: 4 }),
      fc.dictionary(name, tie("json"), { maxKeys: 4, noNullPrototype: true }),
    ),
  }));
  fc.assert(fc.property(json, (value) => {
    assert.deepEqual(plain(value), value);
  }));
});

Deno.test("plainFields() makes something of every value that JSON has no word for", () => {
  assert.equal(plain(12345678901234567890n), "12345678901234567890");
  assert.equal(plain(new Date(0)), "1970-01-01T00:00:00.000Z");
  assert.equal(plain(new Date(NaN)), null);
  assert.equal(plain(new URL("https://a.b/c")), "https://a.b/c");
  assert.equal(plain(new Secret("hush")), "[secret]");
  assert.equal(plain(new Uint8Array(3)), "[3 bytes]");
  assert.equal(plain(Symbol("s")), undefined);
  assert.equal(plain(() => {}), undefined);
  assert.deepEqual(plain([undefined, Symbol("s"), 1n]), [
    undefined,
    undefined,
    "1",
  ]);
});

for (
  const name of [
    "secret",
    "clientSecret",
    "AB_CLIENT_SECRET",
    "password",
    "passCode",
    "access_token",
    "invitationToken",
    "apiKey",
    "private_key",
    "credentials",
    "Authorization",
    "Set-Cookie",
    "email",
    "emailAddress",
    "e-mail",
    "userName",
    "user_name",
    "username",
    "displayName",
    "uniqueDisplayName",
    "firstName",
    "last_name",
    "dateOfBirth",
    "date_of_birth",
    "zipCode",
    "city",
    "state",
    "chat",
    "partyChatSent",
    "messageText",
    "avatarUrl",
    "content",
    "comment",
    "body",
    "notificationPayload",
    "templateContext",
    "rawUserInfo",
    "phone",
    "phoneNumber",
    "country",
    "countryCode",
    "platformUserId",
    "simultaneousPlatformUserId",
    "thirdPartyUserId",
    "ip",
    "clientIp",
    "client_ip",
    "ipAddress",
    "remoteAddress",
  ]
) {
  Deno.test(`plainFields() does not write the value of ${name}, at any depth`, () => {
    for (const value of ["hush", 1, null, { a: "hush" }, ["hush"]]) {
      assert.deepEqual(
        plainFields({ [name]: value, list: [{ [name]: value }] }),
        { [name]: REDACTED, list: [{ [name]: REDACTED }] },
      );
    }
  });
}

for (
  const [what, text, written] of [
    [
      "an e-mail address",
      "mail to jane.doe+x@example.co.uk!",
      "mail to [redacted]!",
    ],
    ...[
      "jane@exämple.com",
      "jöhn@example.com",
      "jane@例え.jp",
      "jane@xn--exmple-cua.com",
      "jane%40example.com",
      "jane%2540example.com",
      "j%C3%B6hn%40ex%C3%A4mple.com",
      "jane\uFF20example.com",
      "jane@[192.0.2.1]",
      "jane@[IPv6:2001:db8::1]",
      "jane@192.0.2.1",
      "jane@localhost",
      '"jane doe"@example.com',
      "o'neill+tag@sub.example.museum",
    ].map((address) =>
      [
        `the address ${address}`,
        `/users?email=${address}&x=1 (${address}), <${address}>`,
        "/users?email=[redacted]&x=1 ([redacted]), <[redacted]>",
      ] as const
    ),
    [
      "a JSON Web Token",
      "token eyJhbGciOi.eyJzdWIi.c2ln in hand",
      "token [redacted] in hand",
    ],
    [
      "a bearer token",
      "with Bearer abcdef0123456789 sent",
      "with [redacted] sent",
    ],
    ["credentials", "with Basic Zm9vOmJhcg== sent", "with [redacted] sent"],
  ] as const
) {
  Deno.test(`plainFields() does not write ${what}, wherever it stands`, () => {
    const error = new Error(text, { cause: new Error(text) });
    const { why, list, failure } = plainFields({
      why: text,
      list: [{ a: text }],
      failure: error,
    });
    assert.equal(why, written);
    assert.deepEqual(list, [{ a: written }]);
    const { message, cause } = failure as {
      message: string;
      cause: { message: string };
    };
    assert.deepEqual([message, cause.message], [written, written]);
  });
}

Deno.test("plainFields() leaves alone what only looks like it", () => {
  const fields = {
    a: "@",
    b: "user@",
    c: "Basic plan",
    d: "eyJ",
    e: "2 @ 3 Bearer",
    f: "@grpc/grpc-js 1.14",
    g: "npm/registry.example.org/@logtape/logtape/2.4.2 and zod@4.6.7",
    h: "at async file:///a/@b/c.ts:1:2, 100%, %40",
  };
  assert.deepEqual(plainFields(fields), fields);
});

Deno.test("plainFields() takes a text made to be slow in no time that counts", () => {
  // A pattern that tried every split of it would not come back.
  for (
    const text of [
      `${"a.".repeat(30_000)}@${"b-".repeat(2_000)}`,
      "%40".repeat(20_000),
      "%25".repeat(20_000),
      "@".repeat(60_000),
      `@${"a".repeat(60_000)}`,
      `a@${"b.".repeat(30_000)}`,
      '"@'.repeat(30_000),
      "Bearer ".repeat(8_000),
    ]
  ) {
    assert.equal(typeof plainFields({ text })["text"], "string");
  }
});

Deno.test("plainFields() writes the names that the service itself uses", () => {
  const fields = {
    eventType: "userAuthentication.userLoggedIn",
    eventId: "1",
    source: "grpc",
    outcome: "failed",
    reason: "bug",
    errorId: "2",
    attempt: 1,
    durationMs: 1.5,
    namespace: "n",
    ownership: "o",
    description: "d",
    recipient: "r",
    userId: "u",
    itemId: "i",
    traceID: "t",
    count: 2,
    grpcPort: 6565,
    metricsPort: 8080,
    signal: "SIGTERM",
    status: 500,
    velocity: 1,
    stateful: true,
  };
  assert.deepEqual(plainFields(fields), fields);
});

Deno.test("plainFields() redacts what a toJSON() answers, too", () => {
  const value = { toJSON: () => ({ password: "hush", id: 1n }) };
  assert.deepEqual(plain(value), { password: REDACTED, id: "1" });
});

Deno.test("plainFields() cuts what lies too deep", () => {
  assert.deepEqual(plain(nested(7)), nested(7));
  assert.match(JSON.stringify(plain(nested(8))), /"\[…\]"/);
});

Deno.test("plainFields() writes cycles until they are too deep", () => {
  const value: Record<string, unknown> = { list: [] };
  value.self = value;
  (value.list as unknown[]).push(value);
  const text = JSON.stringify(plain(value));
  assert.ok(text.length < 10 * MAX_LENGTH);
  assert.match(text, /"\[…\]"/);
  const endless = { toJSON: (): unknown => endless };
  assert.equal(plain(endless), CUT);
});

Deno.test("plainFields() bounds what is written of a value", () => {
  const wide: unknown[] = [];
  for (let i = 0; i < 20; i++) wide.push(wide);
  const large = {
    text: "x".repeat(1_000_000),
    list: new Array(1_000_000).fill(1),
    fields: Object.fromEntries(
      Array.from({ length: 100_000 }, (_, i) => [`field${i}`, i]),
    ),
    name: { ["x".repeat(1_000_000)]: 1 },
    error: new Error("x".repeat(1_000_000)),
    digits: 10n ** 100_000n,
    wide,
  };
  for (const [what, value] of Object.entries(large)) {
    const text = JSON.stringify(plain(value));
    assert.ok(text.length < 4 * MAX_LENGTH, `${what}: ${text.length}`);
    assert.match(text, /…/, what);
  }
});

Deno.test("plainFields() writes what comes before a field that is too long", () => {
  const { id, text, ...rest } = plainFields({
    id: "1",
    text: "x".repeat(MAX_LENGTH),
    late: "y",
  });
  assert.equal(id, "1");
  assert.match(String(text), /^x{60000,65536}\[…\]$/);
  assert.deepEqual(rest, { "…": CUT });
});

Deno.test("plainFields() writes around values that cannot be read", () => {
  const throwing = () => {
    throw new Error("boom");
  };
  const values = [
    { toJSON: throwing },
    Object.defineProperty({}, "a", { get: throwing, enumerable: true }),
    new Proxy({}, { ownKeys: throwing }),
    new Proxy(new Error("x"), { get: throwing }),
    new Proxy([1], { get: throwing }),
  ];
  for (const value of values) {
    assert.deepEqual(plainFields({ id: 1, value }), {
      id: 1,
      value: UNREADABLE,
    });
  }
});

Deno.test("plainFields() takes names for text, never for a prototype", () => {
  const value = JSON.parse('{"__proto__":{"polluted":1},"constructor":2}');
  const copy = plain(value) as Record<string, unknown>;
  assert.equal(Object.getPrototypeOf(copy), Object.prototype);
  assert.deepEqual(JSON.stringify(copy), JSON.stringify(value));
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

Deno.test("plainFields() writes an error's name, message and frames", () => {
  const error = new TypeError("first\nat second line");
  const { stack, ...rest } = plain(error) as Record<string, unknown>;
  assert.deepEqual(rest, {
    name: "TypeError",
    message: "first\nat second line",
  });
  assert.match(String(stack), /^at .*log_fields_test\.ts/);
  assert.doesNotMatch(String(stack), /second line/);
});

Deno.test("plainFields() writes no frames of an error that blames the world", () => {
  assert.deepEqual(plain(new RetryableError("AGS is down")), {
    name: "RetryableError",
    message: "AGS is down",
  });
});

Deno.test("plainFields() writes no frames of an error that keeps the service from starting", () => {
  assert.deepEqual(plain(new AppError("Event type does not exist")), {
    name: "AppError",
    message: "Event type does not exist",
  });
});

Deno.test("plainFields() writes no frames of the runtime", () => {
  const error = new TypeError("x");
  error.stack = `TypeError: x
    at run (ext:core/01_core.js:1:2)
    at handle (file:///handlers/a.ts:3:4)
    at process (node:internal/process:5:6)
    at async load (file:///lib/ext/node.ts:7:8)`;
  assert.deepEqual(plain(error), {
    name: "TypeError",
    message: "x",
    stack: `at handle (file:///handlers/a.ts:3:4)
at async load (file:///lib/ext/node.ts:7:8)`,
  });
});

Deno.test("plainFields() writes the causes of an error, whatever they are", () => {
  const error = new RetryableError("outer", {
    cause: new TypeError("middle", { cause: { code: "ECONNRESET", token: 1 } }),
  });
  assert.deepEqual(plain(error), {
    name: "RetryableError",
    message: "outer",
    cause: {
      name: "TypeError",
      message: "middle",
      cause: { code: "ECONNRESET", token: REDACTED },
    },
  });
});

Deno.test("plainFields() writes the errors of an AggregateError", () => {
  const error = new AggregateError([new Error("one"), "two"], "all failed");
  const { stack: _stack, ...rest } = plain(error) as Record<string, unknown>;
  assert.deepEqual(rest, {
    name: "AggregateError",
    message: "all failed",
    errors: [{ name: "Error", message: "one" }, "two"],
  });
});

Deno.test("plainFields() ends a circle of causes", () => {
  const error = new RetryableError("round");
  error.cause = error;
  const text = JSON.stringify(plain(error));
  assert.match(text, /"\[…\]"/);
  assert.ok(text.split('"round"').length <= 10);
});

Deno.test("plainFields() writes errors whose own fields make no sense", () => {
  const error = Object.assign(new Error("x"), { stack: 5, message: { a: 1 } });
  assert.deepEqual(plain(error), { name: "Error", message: "[object Object]" });
  assert.equal(
    plain(Object.assign(new Error("x"), { name: Object.create(null) })),
    UNREADABLE,
  );
});

Deno.test("plainText() cuts a text that is too long", () => {
  assert.equal(plainText("x".repeat(MAX_LENGTH)), "x".repeat(MAX_LENGTH));
  assert.equal(
    plainText("x".repeat(MAX_LENGTH + 1)),
    "x".repeat(MAX_LENGTH) + CUT,
  );
});

Deno.test("plainFields() writes no secret of the process, in whatever form a text repeats it", () => {
  const secret = new Secret('p ss/"wörd"');
  const text = secret.reveal();
  const bytes = new TextEncoder().encode(text);
  for (
    const form of [
      text,
      encodeURIComponent(text),
      JSON.stringify(text).slice(1, -1),
      bytes.toBase64(),
    ]
  ) {
    const said = `No client with ${form}, try again`;
    const fields = plainFields({
      said,
      error: new Error(said, { cause: said }),
      [said]: [said],
    });
    assert.ok(!JSON.stringify(fields).includes(form), form);
    assert.equal(fields["said"], "No client with [secret], try again");
    assert.equal(plainText(said), "No client with [secret], try again");
  }
});

Deno.test("plainFields() writes no half of a secret where it cuts a text", () => {
  const secret = new Secret("0123456789".repeat(5));
  const head = "x".repeat(MAX_LENGTH - 20);
  const { text } = plainFields({ text: `${head}${secret.reveal()}` });
  assert.ok(!String(text).includes("0123"), String(text).slice(-60));
});

Deno.test("plainFields() writes of a payload what is known to be harmless", () => {
  const data = {
    itemId: "8d1f0c2a",
    playerNickname: "Jane",
    displayName: "Jane",
  };
  assert.deepEqual(plainFields({ data: new Payload(data) }), {
    data: {
      itemId: "8d1f0c2a",
      playerNickname: REDACTED,
      displayName: REDACTED,
    },
  });
  assert.equal(JSON.stringify(new Payload(data)), '"[payload]"');
  assert.ok(!Deno.inspect(new Payload(data)).includes("Jane"));
});

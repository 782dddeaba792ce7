import assert from "node:assert/strict";
import fc from "fast-check";
import { harmlessPart } from "../../lib/telemetry/harmless_part.ts";

const REDACTED = "[redacted]";
const PLAYER = "0123456789abcdef0123456789abcdef";

Deno.test("harmlessPart() leaves ids of things, codes, times, numbers and booleans of AGS's fields", () => {
  const harmless = {
    id: "c010e5d28f3549b3b9f8f29dc4733383",
    namespace: "mystudio-mygame",
    userId: PLAYER,
    UserID: "01234567-89ab-cdef-0123-456789abcdef",
    platformId: "steam",
    itemId: "8d1f0c2a9c3b4b27",
    statCode: "kills.total",
    currencyCode: "USD",
    timestamp: "2026-11-21T18:20:31.123Z",
    created_at: "1795285231",
    createdAt: 1_795_285_231,
    "date-modified": "2026-11-21T18:20:31+01:00",
    quantity: 3,
    balance: "-9007199254740993",
    latestValue: 0.5,
    twoFactorEnabled: true,
    nothing: null,
  };
  assert.deepEqual(harmlessPart(harmless), harmless);
  const deep = { payload: [{ item: { itemId: ["a-1", "b-2"] } }] };
  assert.deepEqual(harmlessPart(deep), deep);
});

Deno.test("harmlessPart() replaces what it does not know, whatever it is called", () => {
  const values = {
    platformUserId: "76561198000000000",
    simultaneousPlatformUserId: "76561198000000000",
    thirdPartyUserId: "x-1",
    phone: "+491711234567",
    phoneNumber: 491_711_234_567,
    ip: "192.0.2.1",
    country: "DE",
    city: "Berlin",
    language: "de",
    dateOfBirth: "1990-01-01T00:00:00Z",
    emailAddress: "jane@example.com",
    sessionId: "8d1f0c2a",
    transactionId: "8d1f0c2a",
    nickname: "Jane",
    favouriteNumber: 7,
    text: "Hello",
    bytes: new Uint8Array(3),
    date: new Date(0),
  };
  for (const [name, value] of Object.entries(values)) {
    assert.deepEqual(harmlessPart({ [name]: value }), { [name]: REDACTED });
  }
  assert.equal(harmlessPart("Jane"), REDACTED);
  assert.deepEqual(harmlessPart(["Jane", 1]), [REDACTED, REDACTED]);
});

Deno.test("harmlessPart() replaces what does not look like what its field holds", () => {
  const values: [string, unknown][] = [
    ["itemId", "jane@example.com"],
    ["itemId", "Jane Doe"],
    ["itemId", "jane%40example.com"],
    ["source", "192.0.2.1"],
    ["source", "2001:db8::1"],
    ["origin", "::1"],
    ["itemId", "x".repeat(129)],
    ["userId", "jane"],
    ["userId", "76561198000000000"],
    ["createdAt", "yesterday, at Jane's"],
    ["createdAt", "1990-01-01"],
    ["balance", "a lot"],
    ["quantity", "+491711234567"],
  ];
  for (const [name, value] of values) {
    assert.deepEqual(harmlessPart({ [name]: value }), { [name]: REDACTED });
  }
});

Deno.test("harmlessPart() replaces names that are none: the keys of a map may be anything", () => {
  assert.deepEqual(
    harmlessPart({
      "jane@example.com": true,
      "+491711234567": { itemId: "a" },
      __proto__x: true,
      "": 1,
    }),
    {
      "[redacted] 1": true,
      "[redacted] 2": { itemId: "a" },
      __proto__x: true,
      "[redacted] 4": REDACTED,
    },
  );
});

Deno.test("harmlessPart() is bounded in depth and width, and ends for what has none", () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  assert.match(JSON.stringify(harmlessPart(circle)), /"\[…\]"/);
  const wide = Array.from({ length: 100_000 }, () => ({ itemId: "a" }));
  const text = JSON.stringify(harmlessPart(wide));
  assert.ok(text.length < 100_000, `${text.length}`);
});

Deno.test("harmlessPart() shows nothing of a text that only people write, wherever it stands", () => {
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom("Jane Doe!", "jane@example.com", "+49 171 1234567"),
      fc.array(tie("json"), { maxLength: 4 }),
      fc.dictionary(
        fc.oneof(
          fc.constantFrom("id", "itemId", "userId", "createdAt", "value", "x"),
          fc.constantFrom("Jane Doe!", "jane@example.com"),
        ),
        tie("json"),
        { maxKeys: 4, noNullPrototype: true },
      ),
    ),
  }));
  fc.assert(fc.property(json, (value) => {
    assert.doesNotMatch(JSON.stringify(harmlessPart(value)), /Jane|jane|171/);
  }));
});

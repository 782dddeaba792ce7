import assert from "node:assert/strict";
import fc from "fast-check";
import {
  encodeEvent,
  EventJsonError,
  type JsonObject,
  setField,
} from "../../dev/event_json.ts";
import { decoderOf } from "../../lib/events/message_codec.ts";
import { fixtureType } from "../grpc/_fixture.ts";
import { samples } from "../events/_samples.ts";

/** What a handler gets of an event that was written as JSON. */
function sent(name: string, json: unknown): Record<string, unknown> {
  const type = fixtureType(name);
  return decoderOf(type)(encodeEvent(type, json));
}

/** One field of it. */
function sentField(name: string, json: JsonObject): unknown {
  const [key = ""] = Object.keys(json);
  return sent(name, json)[key];
}

/** The event after the assignments. */
function set(
  name: string,
  assignments: readonly string[],
  json: JsonObject = {},
): JsonObject {
  for (const each of assignments) setField(fixtureType(name), json, each);
  return json;
}

/** Bytes as protobuf's JSON has them. */
function asJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return value.toBase64();
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, asJson(item)]),
  );
}

for (
  const name of [
    "Scalars",
    "Optionals",
    "Lists",
    "Maps",
    "Choices",
    "Google",
    "Names",
    "Everything",
  ]
) {
  Deno.test(`encodeEvent() takes any ${name} message as handlers see it`, () => {
    fc.assert(
      fc.property(samples(fixtureType(name)), ({ plain }) => {
        assert.deepEqual(sent(name, asJson(plain)), plain);
      }),
      { numRuns: name === "Everything" ? 30 : 100 },
    );
  });
}

Deno.test("encodeEvent() takes names of the proto file, of handlers and of AGS's JSON", () => {
  for (const name of ["date_modified", "dateModified", "date-modified"]) {
    assert.equal(sent("Names", { [name]: "now" }).dateModified, "now");
  }
  assert.equal(sent("Names", { two_words: "a" }).twoWords, "a");
});

Deno.test("encodeEvent() leaves out what is null", () => {
  assert.deepEqual(sent("Optionals", { ofString: null, ofMessage: null }), {});
});

Deno.test("encodeEvent() is not misled by names that objects have anyway", () => {
  assert.equal(sent("Names", {}).constructor, "");
  assert.deepEqual(
    sent("Google", JSON.parse('{"ofStruct": {"__proto__": {"x": 1}}}')),
    JSON.parse('{"ofStruct": {"__proto__": {"x": 1}}}'),
  );
});

Deno.test("encodeEvent() takes whole numbers as numbers or as text", () => {
  const cases = [
    ["ofInt32", -(2 ** 31), -(2 ** 31)],
    ["ofInt32", "-5", -5],
    ["ofUint32", 2 ** 32 - 1, 2 ** 32 - 1],
    ["ofInt64", 5, "5"],
    ["ofInt64", "-9223372036854775808", "-9223372036854775808"],
    ["ofUint64", "18446744073709551615", "18446744073709551615"],
  ] as const;
  for (const [field, value, expected] of cases) {
    assert.equal(sentField("Scalars", { [field]: value }), expected);
  }
});

Deno.test("encodeEvent() takes RFC 3339 times in any zone", () => {
  const cases = {
    "2026-01-02T03:04:05Z": "2026-01-02T03:04:05Z",
    "2026-01-02T03:04:05.25+02:00": "2026-01-02T01:04:05.250Z",
    "1960-01-01T00:00:00.000000001Z": "1960-01-01T00:00:00.000000001Z",
  };
  for (const [given, expected] of Object.entries(cases)) {
    assert.equal(sentField("Google", { ofTimestamp: given }), expected);
  }
});

const wrong: readonly (readonly [string, unknown, string])[] = [
  ["Scalars", null, "Scalars: Value is not an object: null"],
  ["Scalars", [], "Scalars: Value is not an object: []"],
  ["Scalars", "x", 'Scalars: Value is not an object: "x"'],
  [
    "Scalars",
    { ofStrng: "x" },
    'Scalars: Field "ofStrng" does not exist: did you mean "ofString"',
  ],
  [
    "Optionals",
    { zzzzzzzzzzzzzzz: 1 },
    'Optionals: Field "zzzzzzzzzzzzzzz" does not exist: expected one of ofDouble, ofInt64, ofBool, ofString, ofBytes, ofEnum, ofMessage',
  ],
  ["Scalars", { ofString: 5 }, "Scalars.ofString: Value is not a string: 5"],
  [
    "Scalars",
    { ofBool: "true" },
    'Scalars.ofBool: Value is not a bool: "true"',
  ],
  [
    "Scalars",
    { ofDouble: "1" },
    'Scalars.ofDouble: Value is not a double: "1"',
  ],
  ["Scalars", { ofInt32: 1.5 }, "Scalars.ofInt32: Value is not a int32: 1.5"],
  [
    "Scalars",
    { ofInt32: 2 ** 31 },
    "Scalars.ofInt32: Value is not a int32: 2147483648",
  ],
  ["Scalars", { ofUint32: -1 }, "Scalars.ofUint32: Value is not a uint32: -1"],
  [
    "Scalars",
    { ofInt64: "9223372036854775808" },
    'Scalars.ofInt64: Value is not a int64: "9223372036854775808"',
  ],
  [
    // More than a number of JSON says exactly.
    "Scalars",
    { ofInt64: 2 ** 53 },
    "Scalars.ofInt64: Value is not a int64: 9007199254740992",
  ],
  [
    "Scalars",
    { ofUint64: "-1" },
    'Scalars.ofUint64: Value is not a uint64: "-1"',
  ],
  ["Scalars", { ofBytes: "!" }, 'Scalars.ofBytes: Value is not a bytes: "!"'],
  [
    "Scalars",
    { ofEnum: "COLOUR_GREEN" },
    'Scalars.ofEnum: Value is not one of COLOUR_UNSPECIFIED, COLOUR_RED, COLOUR_BLUE: "COLOUR_GREEN"',
  ],
  [
    "Scalars",
    { ofEnum: "constructor" },
    'Scalars.ofEnum: Value is not one of COLOUR_UNSPECIFIED, COLOUR_RED, COLOUR_BLUE: "constructor"',
  ],
  ["Lists", { ofString: "x" }, 'Lists.ofString: Value is not a list: "x"'],
  [
    "Lists",
    { ofString: [null] },
    "Lists.ofString.0: Value is not a string: null",
  ],
  ["Maps", { toInt32: [1] }, "Maps.toInt32: Value is not an object: [1]"],
  [
    "Maps",
    { toInt32: { a: "b" } },
    'Maps.toInt32.a: Value is not a int32: "b"',
  ],
  [
    "Everything",
    { selves: [{}, { self: { idd: "x" } }] },
    'Everything.selves.1.self: Field "idd" does not exist: did you mean "id"',
  ],
  ["Google", { ofStruct: [] }, "Google.ofStruct: Value is not an object: []"],
  ["Google", { ofList: {} }, "Google.ofList: Value is not a list: {}"],
  ["Google", { ofInt32: "x" }, 'Google.ofInt32: Value is not a int32: "x"'],
  ...["2026", "2026Z", "2026-01-02", "now", "2026-13-01T00:00:00Z", ""].map((
    time,
  ) =>
    [
      "Google",
      { ofTimestamp: time },
      `Google.ofTimestamp: Value is not an RFC 3339 time: "${time}"`,
    ] as const
  ),
];

for (const [name, json, message] of wrong) {
  Deno.test(`encodeEvent() refuses ${JSON.stringify(json)} as ${name}, and says where and why`, () => {
    assert.throws(() => sent(name, json), new EventJsonError(message));
  });
}

Deno.test("encodeEvent() shows no more than the beginning of a long value", () => {
  assert.throws(
    () => sent("Scalars", { ofBool: "x".repeat(10_000) }),
    (error) => error instanceof EventJsonError && error.message.length < 200,
  );
});

Deno.test("setField() sets scalars as their type wants them", () => {
  const json = set("Scalars", [
    "ofString=5",
    "of_bool=true",
    "ofDouble=-1.5e3",
    "ofInt32=-7",
    "ofInt64=9007199254740993",
    "ofUint64=18446744073709551615",
    "ofEnum=COLOUR_RED",
    "ofBytes=AQI=",
  ]);
  const data = sent("Scalars", json);
  assert.deepEqual(
    [
      data.ofString,
      data.ofBool,
      data.ofDouble,
      data.ofInt32,
      data.ofInt64,
      data.ofUint64,
      data.ofEnum,
      data.ofBytes,
    ],
    [
      "5",
      true,
      -1500,
      -7,
      "9007199254740993",
      "18446744073709551615",
      "COLOUR_RED",
      new Uint8Array([1, 2]),
    ],
  );
});

Deno.test("setField() sets what lies deeper, and keeps what is there", () => {
  const json = set("Everything", [
    "self.self.id=innermost",
    "self.id=inner",
    "inner.shared.level=LEVEL_HIGH",
  ], { id: "outer", self: { id: "old", level: "LEVEL_HIGH" } });
  assert.deepEqual(json, {
    id: "outer",
    self: { id: "inner", level: "LEVEL_HIGH", self: { id: "innermost" } },
    inner: { shared: { level: "LEVEL_HIGH" } },
  });
});

Deno.test("setField() keeps the spelling that the event already has", () => {
  assert.deepEqual(
    set("Names", ["twoWords=new", "dateModified=now"], {
      two_words: "old",
      "date-modified": "then",
    }),
    { two_words: "new", "date-modified": "now" },
  );
});

Deno.test("setField() sets items of lists, and the one behind the last", () => {
  assert.deepEqual(
    set("Everything", ["selves.1.id=b", "selves.0.id=c"], {
      selves: [{ id: "a" }],
    }),
    { selves: [{ id: "c" }, { id: "b" }] },
  );
  assert.deepEqual(
    set("Lists", ["ofInt64.0=9007199254740993", 'ofString=["a","b"]']),
    { ofInt64: ["9007199254740993"], ofString: ["a", "b"] },
  );
});

Deno.test("setField() sets entries of maps as their type wants them", () => {
  const json = set("Maps", [
    "toString.a=5",
    "toInt64.b=9007199254740993",
    "toMessage.c.ofString=text",
    "toString.__proto__=own",
    'toBool={"d": true}',
  ]);
  const data = sent("Maps", json);
  assert.deepEqual(data.toString, JSON.parse('{"a": "5", "__proto__": "own"}'));
  assert.deepEqual(data.toInt64, { b: "9007199254740993" });
  assert.deepEqual(data.toMessage, { c: { ofString: "text" } });
  assert.deepEqual(data.toBool, { d: true });
});

Deno.test("setField() sets protobuf's own messages as JSON has them", () => {
  const json = set("Google", [
    "ofStruct.a.b=5",
    "ofStruct.a.c=text",
    "ofValue=[1,2]",
    "ofList=[null]",
    "ofTimestamp=2026-01-02T03:04:05Z",
    "ofString=5",
    "ofInt64=9007199254740993",
    "ofDouble=5",
    "ofBool=false",
  ]);
  assert.deepEqual(sent("Google", json), {
    ofStruct: { a: { b: 5, c: "text" } },
    ofValue: [1, 2],
    ofList: [null],
    ofTimestamp: "2026-01-02T03:04:05Z",
    ofString: "5",
    ofInt64: "9007199254740993",
    ofDouble: 5,
    ofBool: false,
  });
});

Deno.test("setField() sets a message from JSON, and a value that has an equals sign", () => {
  assert.deepEqual(
    set("Everything", ['scalars={"ofInt32": 1}', "id=a=b"]),
    { scalars: { ofInt32: 1 }, id: "a=b" },
  );
});

const refused = {
  "id": '"id" sets nothing: expected path=value',
  "=x": '"=x" sets nothing: expected path=value',
  "idd=x": 'Everything: Field "idd" does not exist: did you mean "id"',
  "self.idd=x": 'Everything: Field "idd" does not exist: did you mean "id"',
  "id.x=y": "id: Field has no parts: expected id=value",
  "google.ofTimestamp.seconds=1":
    "ofTimestamp: Field has no parts: expected ofTimestamp=value",
  "self=x": "self: Value is not JSON: x",
  "selves=[": "selves: Value is not JSON: [",
  "selves.1.id=x":
    'selves: Item "1" does not exist: expected a number from 0 to 0',
  "selves.id=x":
    'selves: Item "id" does not exist: expected a number from 0 to 0',
  "lists.ofString.99999999999=x":
    'ofString: Item "99999999999" does not exist: expected a number from 0 to 0',
};

for (const [assignment, message] of Object.entries(refused)) {
  Deno.test(`setField() refuses ${assignment}, and says why`, () => {
    assert.throws(
      () => set("Everything", [assignment]),
      new EventJsonError(message),
    );
  });
}

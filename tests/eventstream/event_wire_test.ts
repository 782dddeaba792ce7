import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeEvent } from "../../lib/eventstream/decode_event.ts";
import { encodeEvent } from "../../lib/eventstream/encode_event.ts";
import {
  DecodingError,
  InvalidFieldError,
} from "../../lib/eventstream/errors.ts";
import type { EventFields } from "../../lib/eventstream/event.ts";
import type { StreamRecord } from "../../lib/eventstream/record.ts";

const TIME = 1795285231123456789n;

const ALL: EventFields = {
  userId: "9a8b7c6d5e4f40312a1b0c9d8e7f6a5b",
  namespace: "acme",
  parentNamespace: "studio",
  unionNamespace: "union",
  clientId: "4f1d2c3b5a694e788d90a1b2c3d4e5f6",
  traceId: "trace",
  spanContext: "span",
  sessionId: "session",
  version: 2,
  eventId: 3,
  eventType: 301,
  eventLevel: 4,
  service: "billing",
  clientIds: ["a", "b"],
  targetUserIds: ["c"],
  targetNamespace: "other",
  privacy: true,
  additionalFields: { summary: "paid" },
  payload: { orderId: "o-77", amount: 1250 },
};

function record(value: string | Uint8Array | undefined): StreamRecord {
  const bytes = typeof value === "string"
    ? new TextEncoder().encode(value)
    : value;
  return {
    topic: "stage.shop.orders",
    partition: 3,
    offset: 7n,
    key: new TextEncoder().encode("k"),
    ...(bytes !== undefined && { value: bytes }),
    headers: [],
    timestamp: 0n,
  };
}

function encode(fields: EventFields): string {
  const id = "0b7c1f6e2d9a4c53a1e4f2089b6d7c11";
  const bytes = encodeEvent(fields, { id, name: "orderPaid", time: TIME });
  return new TextDecoder().decode(bytes);
}

Deno.test("an event is written byte for byte as the Go SDK v4 does", () => {
  const fields: EventFields = {
    payload: { orderId: "o-77", amount: 1250 },
    namespace: "acme",
    clientId: "4f1d2c3b5a694e788d90a1b2c3d4e5f6",
    userId: "9a8b7c6d5e4f40312a1b0c9d8e7f6a5b",
    eventId: 3,
    eventType: 301,
    service: "billing",
    privacy: true,
    additionalFields: { summary: "paid" },
  };
  assert.equal(
    encode(fields),
    '{"id":"0b7c1f6e2d9a4c53a1e4f2089b6d7c11","name":"orderPaid",' +
      '"namespace":"acme","clientId":"4f1d2c3b5a694e788d90a1b2c3d4e5f6",' +
      '"userId":"9a8b7c6d5e4f40312a1b0c9d8e7f6a5b",' +
      '"timestamp":"2026-11-21T18:20:31Z",' +
      '"timestampUnixNano":1795285231123456789,"version":1,"event_id":3,' +
      '"event_type":301,"service":"billing","privacy":true,' +
      '"additional_fields":{"summary":"paid"},' +
      '"payload":{"amount":1250,"orderId":"o-77"}}',
  );
});

Deno.test("all fields are written in the order of the Go SDK's struct", () => {
  assert.equal(
    encode(ALL),
    '{"id":"0b7c1f6e2d9a4c53a1e4f2089b6d7c11","name":"orderPaid",' +
      '"namespace":"acme","parentNamespace":"studio","unionNamespace":"union",' +
      '"clientId":"4f1d2c3b5a694e788d90a1b2c3d4e5f6","traceId":"trace",' +
      '"spanContext":"span","userId":"9a8b7c6d5e4f40312a1b0c9d8e7f6a5b",' +
      '"sessionId":"session","timestamp":"2026-11-21T18:20:31Z",' +
      '"timestampUnixNano":1795285231123456789,"version":2,"event_id":3,' +
      '"event_type":301,"event_level":4,"service":"billing",' +
      '"client_ids":["a","b"],"target_user_ids":["c"],' +
      '"target_namespace":"other","privacy":true,' +
      '"additional_fields":{"summary":"paid"},' +
      '"payload":{"amount":1250,"orderId":"o-77"}}',
  );
});

Deno.test("empty fields are left out, the version 0 too", () => {
  assert.equal(
    encode({
      userId: "",
      version: 0,
      eventId: 0,
      clientIds: [],
      privacy: false,
      additionalFields: {},
      payload: {},
    }),
    '{"id":"0b7c1f6e2d9a4c53a1e4f2089b6d7c11","name":"orderPaid",' +
      '"timestamp":"2026-11-21T18:20:31Z",' +
      '"timestampUnixNano":1795285231123456789}',
  );
});

Deno.test("nobody but the consumer sets the topic", () => {
  const forged = { topic: "forged", sourceNamespace: "forged" } as EventFields;
  assert.doesNotMatch(encode(forged), /forged/);
});

const WRONG: readonly Readonly<Record<string, unknown>>[] = [
  { userId: 1 },
  { version: "2" },
  { version: 1.5 },
  { privacy: "true" },
  { clientIds: ["a", 1] },
  { payload: [] },
  { payload: "text" },
];
for (const fields of WRONG) {
  Deno.test(`a field of another type is refused: ${JSON.stringify(fields)}`, () => {
    assert.throws(() => encode(fields as EventFields), (error) => {
      assert.ok(error instanceof InvalidFieldError);
      assert.equal(error.field, Object.keys(fields)[0]);
      return true;
    });
  });
}

Deno.test("what is written is read, nanoseconds exact", () => {
  const event = decodeEvent(record(encode(ALL)), "shop.orders");
  assert.deepEqual(event, {
    ...ALL,
    id: "0b7c1f6e2d9a4c53a1e4f2089b6d7c11",
    name: "orderPaid",
    timestamp: "2026-11-21T18:20:31Z",
    timestampUnixNano: TIME,
    topic: "shop.orders",
    partition: 3,
    offset: 7n,
    key: "k",
  });
});

Deno.test("every event that is written is read", () => {
  const fields = fc.record({
    userId: fc.string({ minLength: 1 }),
    eventId: fc.integer({ min: 1 }),
    clientIds: fc.array(fc.string(), { minLength: 1 }),
    payload: fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }),
  }, { requiredKeys: [] });
  fc.assert(fc.property(fields, (published) => {
    const { payload, ...found } = decodeEvent(record(encode(published)), "t");
    assert.equal(found.userId, published.userId?.toWellFormed());
    assert.equal(found.eventId, published.eventId);
    assert.deepEqual(
      found.clientIds,
      published.clientIds?.map((each) => each.toWellFormed()),
    );
    assert.equal(JSON.stringify(payload), reordered(published.payload));
  }));
});

function reordered(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(
    decodeEvent(
      record(encode({ payload: value as Record<string, unknown> })),
      "t",
    ).payload,
  );
}

Deno.test("events of the Go SDK 3.1.4 are read: null is the same as empty", () => {
  const event = decodeEvent(
    record(
      '{"id":"a","name":"n","namespace":"","clientId":"","traceId":"",' +
        '"spanContext":"","userId":"","sessionId":"",' +
        '"timestamp":"2021-02-03T04:05:06Z","version":1,"event_id":0,' +
        '"event_type":0,"event_level":0,"service":"","client_ids":null,' +
        '"target_user_ids":[null,"u"],"target_namespace":"","privacy":false,' +
        '"topic":"","payload":null}',
    ),
    "t",
  );
  assert.equal(event.id, "a");
  assert.equal(event.topic, "t");
  assert.equal(event.clientIds, undefined);
  assert.deepEqual(event.targetUserIds, ["", "u"]);
  assert.equal(event.payload, undefined);
  assert.equal(event.timestampUnixNano, undefined);
});

Deno.test("fractions of a second, unknown keys and keys in any case are read", () => {
  const event = decodeEvent(
    record(
      '{"ID":"a","Name":"n","timestamp":"2026-11-21T18:20:31.1234Z",' +
        '"new":{"a":1},"SOURCENAMESPACE":"s","Event_Id":4}',
    ),
    "t",
  );
  assert.equal(event.id, "a");
  assert.equal(event.name, "n");
  assert.equal(event.timestamp, "2026-11-21T18:20:31.1234Z");
  assert.equal(event.sourceNamespace, "s");
  assert.equal(event.eventId, 4);
});

Deno.test("what the consumer knows itself is not the publisher's to say", () => {
  const value = '{"topic":"forged","Partition":9,"Offset":9,"Key":"forged"}';
  const { topic, partition, offset, key } = decodeEvent(record(value), "t");
  assert.deepEqual([topic, partition, offset, key], ["t", 3, 7n, "k"]);
});

Deno.test("nanoseconds are exact though the payload has a field of that name", () => {
  const { timestampUnixNano } = decodeEvent(
    record(
      '{"timestampUnixNano":1795285231123456789,"payload":' +
        '{"timestampUnixNano":1111111111111111111,' +
        '"text":"\\"timestampUnixNano\\":2222222222222222222"}}',
    ),
    "t",
  );
  assert.equal(timestampUnixNano, TIME);
});

Deno.test("nanoseconds are exact though their key is written with escapes", () => {
  const value = String.raw`{"timestamp\u0055nixNano":1795285231123456789}`;
  const event = decodeEvent(record(value), "t");
  assert.equal(event.timestampUnixNano, TIME);
});

Deno.test("a whole number that Go's int64 holds loses no digit, in and out", () => {
  const written = '{"id":"a","name":"n","timestamp":"2026-11-21T18:20:31Z",' +
    '"timestampUnixNano":1795285231123456789,"version":1,' +
    '"additional_fields":{"total":-9223372036854775808},' +
    '"payload":{"amount":9007199254740993,"list":[9007199254740991,1.5],' +
    '"text":"9007199254740993"}}';
  const { payload, additionalFields, timestampUnixNano } = decodeEvent(
    record(written),
    "t",
  );
  assert.deepEqual(payload, {
    amount: "9007199254740993",
    list: [9_007_199_254_740_991, 1.5],
    text: "9007199254740993",
  });
  assert.deepEqual(additionalFields, { total: "-9223372036854775808" });
  assert.equal(timestampUnixNano, TIME);
  const bytes = encodeEvent({
    payload: { ...payload, amount: BigInt(String(payload?.amount)) },
    additionalFields: { total: BigInt(String(additionalFields?.total)) },
  }, { id: "a", name: "n", time: TIME });
  assert.equal(new TextDecoder().decode(bytes), written);
});

Deno.test("what stands in for the nanoseconds has to be a number", () => {
  for (
    const value of [
      '{"timestampUnixNano":"1795285231123456789"}',
      '{"timestampUnixNano":"1795285231123456789","payload":' +
      '{"timestampUnixNano":1795285231123456789}}',
    ]
  ) {
    assert.throws(() => decodeEvent(record(value), "t"), DecodingError);
  }
});

const UNDECODABLE: readonly (readonly [string, string | undefined])[] = [
  ["a tombstone", undefined],
  ["nothing", ""],
  ["null", "null"],
  ["an array", "[]"],
  ["a string", '"text"'],
  ["half an object", '{"id":"a"'],
  ["a byte order mark", '\uFEFF{"id":"a"}'],
  ["a number as id", '{"id":1}'],
  ["a string as version", '{"version":"1"}'],
  ["a fraction as version", '{"version":1.5}'],
  ["a string as privacy", '{"privacy":"true"}'],
  ["a number among the client ids", '{"client_ids":[1]}'],
  ["a number as topic", '{"topic":1}'],
  ["an array as payload", '{"payload":[]}'],
  ["a string as nanoseconds", '{"timestampUnixNano":"1"}'],
  ["nanoseconds beyond 64 bits", '{"timestampUnixNano":9223372036854775808}'],
];
for (const [name, value] of UNDECODABLE) {
  Deno.test(`a record's value is not an event: ${name}`, () => {
    assert.throws(() => decodeEvent(record(value), "t"), DecodingError);
  });
}

Deno.test("what is not an event is not quoted", () => {
  try {
    decodeEvent(record('{"email":"player@example.com"'), "t");
    assert.fail("expected an error");
  } catch (error) {
    assert.doesNotMatch(`${(error as Error).stack}`, /player/);
    assert.equal((error as Error).cause, undefined);
  }
});

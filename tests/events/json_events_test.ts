import assert from "node:assert/strict";
import { encodeEvent } from "../../dev/event_json.ts";
import { sampleEvent } from "../../dev/sample.ts";
import { streamRecord } from "../../dev/stream_event.ts";
import { attributesOf } from "../../lib/core/event_attributes.ts";
import { parseEventType } from "../../lib/core/event_key.ts";
import { readCatalog } from "../../lib/events/catalog.ts";
import {
  createJsonEvents,
  type JsonEvents,
} from "../../lib/events/json_events.ts";
import {
  loadServedEvents,
  type ServedEvent,
} from "../../lib/events/served_events.ts";
import { ENVELOPE_KEYS, NANO_KEY } from "../../lib/eventstream/event.ts";
import { PROTO_FOLDER } from "../grpc/_fixture.ts";

const catalog = readCatalog(PROTO_FOLDER);

function load(types: readonly string[]): readonly ServedEvent[] {
  return loadServedEvents(catalog, types, { named: new Set() }).events;
}

function readerOf(types: readonly string[]): JsonEvents {
  return createJsonEvents({
    catalog,
    served: load(types),
    envelopeFields: ENVELOPE_KEYS,
    longField: NANO_KEY,
  });
}

/** What publishers write beside the message's own fields. */
const ENVELOPE = {
  timestampUnixNano: 1,
  event_id: 3,
  event_type: 301,
  service: "some-service",
  client_ids: ["a"],
  topic: "",
};

const decoder = new TextDecoder();

const all = load(catalog.events.map(({ types: [type = ""] }) => type));

Deno.test(`each of the ${all.length} events is the same in JSON as in bytes`, () => {
  const reader = readerOf(all.map(({ type }) => type));
  let fields = 0;
  for (const { type, message, decode, package: source } of all) {
    const sample = sampleEvent(message, { type, namespace: "acme" });
    const bytes = encodeEvent(message, sample);
    const { topic, record } = streamRecord({ type, message }, bytes);
    const envelope = {
      ...ENVELOPE,
      ...JSON.parse(decoder.decode(record.value)),
    };
    const { known } = reader.read(topic, JSON.stringify(envelope));
    assert.ok(known, type);
    assert.equal(known.malformed?.cause, undefined, type);
    const data = decode(bytes);
    assert.deepEqual(known.data, data, type);
    assert.deepEqual(
      [known.type, known.source, known.unknownFields],
      [type, source, 0],
    );
    assert.deepEqual(
      attributesOf(type, known.data ?? {}),
      attributesOf(type, data),
    );
    fields += Object.keys(data).length;
  }
  assert.ok(all.length >= 439, `${all.length} events`);
  assert.ok(fields > all.length * 8, `${fields} fields`);
});

Deno.test("an event of nothing but its name has the zeros that its bytes have", () => {
  const reader = readerOf(all.map(({ type }) => type));
  for (const { type, message, decode } of all) {
    const { channel, name } = parseEventType(type);
    if (!("name" in message.fields) || parseEventType(type).qualifier) continue;
    const { known } = reader.read(channel, JSON.stringify({ name }));
    const data = decode(encodeEvent(message, { name }));
    assert.deepEqual(known?.data, data, type);
  }
});

const LOGIN = "userAuthentication.userLoggedIn";

Deno.test("fields that the message does not have are passed over, and counted", () => {
  const reader = readerOf([LOGIN]);
  const { known } = reader.read(
    "userAuthentication",
    JSON.stringify({
      name: "userLoggedIn",
      id: "1",
      timestampUnixNano: 1,
      brandNew: { a: 1 },
      nothing: null,
      payload: { userAccount: { userId: "u", shoeSize: 44 } },
    }),
  );
  assert.equal(known?.unknownFields, 2);
  assert.equal(known?.malformed, undefined);
  assert.equal(known?.data?.id, "1");
});

Deno.test("names that no handler takes are known by their envelope only", () => {
  const reader = readerOf([LOGIN]);
  assert.deepEqual(reader.channels, ["userAuthentication"]);
  const { known, envelope } = reader.read(
    "userAuthentication",
    '{"name":"userLoggedOut","id":"1"}',
  );
  assert.equal(known, undefined);
  assert.deepEqual(envelope, { name: "userLoggedOut", id: "1" });
});

for (
  const [what, text] of [
    ["no JSON", '{"secret'],
    ["a list", "[]"],
    ["null", "null"],
    ["without a name", '{"id":"1"}'],
    ["of a name that is no text", '{"name":1}'],
  ] as const
) {
  Deno.test(`what is ${what} is no event, and no error shows it`, () => {
    assert.throws(
      () => readerOf([LOGIN]).read("userAuthentication", text),
      (error) =>
        error instanceof SyntaxError && !error.message.includes("secret"),
    );
  });
}

Deno.test("an event whose field has another type is malformed, and its error shows no value", () => {
  const { known } = readerOf([LOGIN]).read(
    "userAuthentication",
    '{"name":"userLoggedIn","userId":{"mail":"player@example.com"}}',
  );
  assert.equal(known?.type, LOGIN);
  assert.equal(known?.data, undefined);
  assert.match(String(known?.malformed?.cause), /"user_id".*expected string/);
  assert.doesNotMatch(String(known?.malformed?.cause), /example/);
});

Deno.test("whole numbers of 64 bits keep all their digits", () => {
  const { known } = readerOf([LOGIN]).read(
    "userAuthentication",
    '{"name":"userLoggedIn","version":9007199254740993}',
  );
  assert.equal(known?.data?.version, "9007199254740993");
  for (const version of ["1e300", "9223372036854775808", "1.5"]) {
    const { known } = readerOf([LOGIN]).read(
      "userAuthentication",
      `{"name":"userLoggedIn","version":${version}}`,
    );
    assert.ok(known?.malformed, version);
  }
});

Deno.test("whole numbers in parts of any JSON keep all their digits, as strings", () => {
  const type = "statistic.statItemUpdated";
  const { known } = readerOf([type]).read(
    "statistic",
    '{"name":"statItemUpdated","timestampUnixNano":1795285231123456789,' +
      '"payload":{"latestValue":9007199254740993,' +
      '"additionalData":{"score":9007199254740993,"small":5}}}',
  );
  assert.equal(known?.malformed, undefined);
  const payload = known?.data?.payload as Record<string, unknown>;
  assert.deepEqual(payload.additionalData, {
    score: "9007199254740993",
    small: 5,
  });
  // A double, whichever way it comes.
  assert.equal(payload.latestValue, 9_007_199_254_740_992);
});

Deno.test("a key of two packages is the one that has all of the envelope's fields", () => {
  const key = "mpv2SessionHistory.MatchHistoryEvent";
  const [session, matchmaking] = [`${key}@session`, `${key}@matchmaking_v2`];
  const withUser = JSON.stringify({ name: "MatchHistoryEvent", userId: "u" });
  const without = JSON.stringify({ name: "MatchHistoryEvent", userId: "" });
  const read = (types: readonly string[], text: string) =>
    readerOf(types).read("mpv2SessionHistory", text).known?.type;
  assert.equal(read([session, matchmaking], withUser), session);
  assert.equal(read([session, matchmaking], without), matchmaking);
  // Those that have no handler count, too: another's event is not to be taken for ours.
  assert.equal(read([session], without), undefined);
  assert.equal(read([matchmaking], withUser), undefined);
});

import assert from "node:assert/strict";
import { encodeEvent, type JsonObject } from "../../dev/event_json.ts";
import { agsId, sampleEvent } from "../../dev/sample.ts";
import { readCatalog } from "../../lib/events/catalog.ts";
import { decoderOf } from "../../lib/events/message_codec.ts";
import { readProtoFiles } from "../../lib/events/proto_files.ts";
import { fixtureType, PROTO_FOLDER } from "../grpc/_fixture.ts";

const TYPE = "userAuthentication.userLoggedIn";
const OPTIONS = {
  type: TYPE,
  namespace: "mygame",
  userId: "0123456789abcdef0123456789abcdef",
  time: new Date("2026-01-02T03:04:05.678Z"),
};

/** All events of the project's own files, with their messages. */
function allEvents() {
  const { events } = readCatalog(PROTO_FOLDER);
  const files = new Set(events.map(({ protoFile }) => protoFile));
  const { root } = readProtoFiles(PROTO_FOLDER, files);
  return events.map(({ key, package: name, serviceName }) => {
    const [method] = root.lookupService(`${name}.${serviceName}`).methodsArray;
    return { type: key, message: method!.resolvedRequestType! };
  });
}

/** Every name and value of JSON, however deep. */
function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [
    [key, item] as const,
    ...entriesOf(item),
  ]);
}

Deno.test("sampleEvent() makes an event of every type that arrives as it was made", () => {
  for (const { type, message } of allEvents()) {
    const sample = sampleEvent(message, { ...OPTIONS, type });
    const data = decoderOf(message)(encodeEvent(message, sample));
    for (const name of ["id", "namespace", "name", "timestamp"]) {
      if (name in sample) assert.equal(data[name], sample[name], type);
    }
    assert.equal(data.name ?? sample.name, sample.name);
    if ("payload" in sample) assert.ok(data.payload, `${type} has a payload`);
  }
});

Deno.test("sampleEvent() fills in every field", () => {
  const { message } = allEvents().find(({ type }) => type === TYPE)!;
  const sample = sampleEvent(message, OPTIONS);
  assert.deepEqual(
    Object.keys(sample).length,
    message.fieldsArray.length,
  );
  for (const [name, value] of entriesOf(sample)) {
    assert.notEqual(value, undefined, name);
    assert.notEqual(value, "", name);
  }
});

Deno.test("sampleEvent() names the event, the player, the namespace and the time everywhere alike", () => {
  for (const { type, message } of allEvents()) {
    const sample = sampleEvent(message, { ...OPTIONS, type });
    if ("name" in sample) assert.equal(sample.name, type.split(".")[1]);
    for (const [name, value] of entriesOf(sample)) {
      if (name === "userId") assert.equal(value, OPTIONS.userId, type);
      if (/namespace$/i.test(name) && typeof value === "string") {
        assert.equal(value, "mygame", type);
      }
      if (name === "timestamp") assert.equal(value, "2026-01-02T03:04:05Z");
    }
  }
});

Deno.test("sampleEvent() makes a player, an id and a time of its own unless told", () => {
  const { message } = allEvents().find(({ type }) => type === TYPE)!;
  const make = (): JsonObject =>
    sampleEvent(message, { type: TYPE, namespace: "mygame" });
  const [first, second] = [make(), make()];
  for (const name of ["id", "userId"]) {
    assert.match(String(first[name]), /^[0-9a-f]{32}$/);
    assert.notEqual(first[name], second[name]);
  }
  assert.match(
    String(first.timestamp),
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
  );
});

Deno.test("sampleEvent() fills in every kind of field, and ends where messages contain themselves", () => {
  const message = fixtureType("Everything");
  const sample = sampleEvent(message, OPTIONS);
  const data = decoderOf(message)(encodeEvent(message, sample));
  const deepest = entriesOf(sample).filter(([name]) => name === "scalars");
  assert.ok(deepest.length > 1, "it goes some levels deep");
  assert.ok(deepest.length < 1_000, "and no deeper");
  const { scalars, lists, choices, google } = data as Record<
    string,
    Record<string, unknown>
  >;
  assert.equal(scalars?.ofInt64, "1");
  assert.deepEqual(lists?.ofInt32, [1]);
  assert.deepEqual(
    Object.keys(choices ?? {}).sort(),
    ["asBool", "asText", "atLast", "between"],
    "of a oneof the first field",
  );
  assert.equal(google?.ofTimestamp, "2026-01-02T03:04:05Z");
  assert.deepEqual(google?.ofStruct, { sample: "value" });
});

Deno.test("agsId() makes ids as AGS does: 32 hexadecimal digits, each time others", () => {
  const ids = Array.from({ length: 100 }, agsId);
  for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/);
  assert.equal(new Set(ids).size, ids.length);
});

import assert from "node:assert/strict";
import { join } from "node:path";
import protobuf from "protobufjs";
import { findEvent, makeEvent } from "../../dev/event_source.ts";
import { readCatalog } from "../../lib/events/catalog.ts";
import { decoderOf, propertyName } from "../../lib/events/message_codec.ts";
import { ROOT } from "./_run.ts";

const PROTO_FOLDER = join(ROOT, "proto");
const USER = "0123456789abcdef0123456789abcdef";

/** Fields and values of a decoded message that are there, however deep. */
function* fieldsOf(
  type: protobuf.Type,
  data: Readonly<Record<string, unknown>>,
): Generator<readonly [field: protobuf.Field, value: unknown]> {
  for (const field of type.fieldsArray) {
    const value = data[propertyName(field.name)];
    if (value === undefined) continue;
    const values = field.map
      ? Object.values(value as Record<string, unknown>)
      : field.repeated
      ? value as readonly unknown[]
      : [value];
    for (const each of values) yield [field, each];
    const inner = field.resolvedType;
    if (
      !(inner instanceof protobuf.Type) ||
      inner.fullName.startsWith(".google.")
    ) continue;
    for (const each of values) {
      yield* fieldsOf(inner, each as Record<string, unknown>);
    }
  }
}

const { types } = readCatalog(PROTO_FOLDER);

Deno.test(`makeEvent() makes a full sample of each of the ${types.length} event types`, () => {
  let count = 0;
  for (const type of types) {
    const event = findEvent(PROTO_FOLDER, type);
    const { bytes } = makeEvent(event, {
      namespace: "othergame",
      json: undefined,
      sets: [`userId=${USER}`].filter(() => "user_id" in event.message.fields),
      isOneOfMany: false,
    });
    // Throws for bytes that are no such message.
    const data = decoderOf(event.message)(bytes);
    for (const [field, value] of fieldsOf(event.message, data)) {
      count++;
      const name = propertyName(field.name);
      const what = `${type} ${name}: ${JSON.stringify(value)}`;
      assert.notEqual(value, undefined, what);
      if (field.type !== "string") continue;
      assert.notEqual(value, "", what);
      if (/namespace$/i.test(name)) assert.equal(value, "othergame", what);
      if (name === "timestamp") {
        assert.match(String(value), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, what);
      }
      if (/Id$/.test(name) && !/platformId$/i.test(name)) {
        assert.match(String(value), /^[0-9a-f]{32}$/, what);
      }
      if (/^userId$/.test(name) && "user_id" in event.message.fields) {
        assert.equal(value, USER, what);
      }
      if (/(At|Date|Start|End)$|^date/.test(name)) {
        assert.match(String(value), /^\d{4}-\d\d-\d\d(T|$)/, what);
      }
    }
  }
  assert.ok(count > types.length * 10, `${count} fields`);
});

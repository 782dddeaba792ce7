import assert from "node:assert/strict";
import { FieldTypeError } from "../../../dev/gen/field_type.ts";
import { generate, generateTypes, propertiesOf } from "./_fixtures.ts";

async function propertiesOfMessage(
  fields: string,
  others = "",
): Promise<readonly string[]> {
  const text = await generateTypes(`message M {\n${fields}\n}\n${others}`);
  return propertiesOf(text, "M");
}

Deno.test("scalars are always present, 64-bit integers as text", async () => {
  const kinds = {
    double: "number",
    float: "number",
    int32: "number",
    uint32: "number",
    sint32: "number",
    fixed32: "number",
    sfixed32: "number",
    int64: "string",
    uint64: "string",
    sint64: "string",
    fixed64: "string",
    sfixed64: "string",
    bool: "boolean",
    string: "string",
    bytes: "Uint8Array",
  };
  const fields = Object.keys(kinds).map((kind, index) =>
    `${kind} of_${kind} = ${index + 1};`
  );
  assert.deepEqual(
    await propertiesOfMessage(fields.join("\n")),
    Object.entries(kinds).map(([kind, type]) =>
      `readonly of${kind[0]?.toUpperCase()}${kind.slice(1)}: ${type}`
    ),
  );
});

Deno.test("messages and optional fields can be absent, lists and maps cannot", async () => {
  const properties = await propertiesOfMessage(
    `Part part = 1;
    repeated Part parts = 2;
    map<string, Part> by_name = 3;
    optional string note = 4;
    optional int64 size = 5;
    repeated string tags = 6;
    map<int32, int64> counts = 7;`,
    "message Part { string id = 1; }",
  );
  assert.deepEqual(properties, [
    "readonly part?: Part | undefined",
    "readonly parts: readonly Part[]",
    "readonly byName: Readonly<Record<string, Part>>",
    "readonly note?: string | undefined",
    "readonly size?: string | undefined",
    "readonly tags: readonly string[]",
    "readonly counts: Readonly<Record<string, string>>",
  ]);
});

Deno.test("Google's types become what they mean in JSON", async () => {
  const text = await generateTypes(`
    import "google/protobuf/empty.proto";
    import "google/protobuf/struct.proto";
    import "google/protobuf/timestamp.proto";
    import "google/protobuf/wrappers.proto";
    message M {
      google.protobuf.Struct a = 1;
      google.protobuf.Value b = 2;
      google.protobuf.ListValue c = 3;
      google.protobuf.Timestamp d = 4;
      google.protobuf.Empty e = 5;
      google.protobuf.Int64Value f = 6;
      google.protobuf.BoolValue g = 7;
      repeated google.protobuf.Struct h = 8;
      map<string, google.protobuf.ListValue> i = 9;
      repeated google.protobuf.ListValue j = 10;
      repeated google.protobuf.StringValue k = 11;
    }`);
  assert.deepEqual(propertiesOf(text, "M"), [
    "readonly a?: JsonObject | undefined",
    "readonly b?: JsonValue | undefined",
    "readonly c?: readonly JsonValue[] | undefined",
    "readonly d?: string | undefined",
    "readonly e?: Record<string, never> | undefined",
    "readonly f?: string | null | undefined",
    "readonly g?: boolean | null | undefined",
    "readonly h: readonly JsonObject[]",
    "readonly i: Readonly<Record<string, readonly JsonValue[]>>",
    "readonly j: readonly (readonly JsonValue[])[]",
    "readonly k: readonly string[]",
  ]);
  assert.match(
    text,
    /import type \{ JsonObject, JsonValue \} from "\.\/json\.ts";/,
  );
});

Deno.test("a Google type without a mapping is an error that names the field", async () => {
  await assert.rejects(
    generateTypes(
      'import "google/protobuf/struct.proto"; message M { google.protobuf.NullValue what = 1; }',
    ),
    (error) => {
      assert(error instanceof FieldTypeError);
      assert.match(
        error.message,
        /Field "shop\.v1\.M\.what" has the type "google\.protobuf\.NullValue", which has no TypeScript mapping/,
      );
      return true;
    },
  );
});

Deno.test("enums are unions of their names and number, and always present", async () => {
  const text = await generateTypes(`
    enum Color { COLOR_NONE = 0; COLOR_RED = 1; }
    message M { Color color = 1; optional Color other = 2; repeated Color all = 3; }`);
  assert.match(
    text,
    /export type Color = "COLOR_NONE" \| "COLOR_RED" \| number;/,
  );
  assert.deepEqual(propertiesOf(text, "M"), [
    "readonly color: Color",
    "readonly other?: Color | undefined",
    "readonly all: readonly Color[]",
  ]);
});

Deno.test("fields of a oneof can be absent and say so, scalars too", async () => {
  const text = await generateTypes(
    "message M { oneof login_method { string user_name = 1; int64 code = 2; } string id = 3; }",
  );
  assert.deepEqual(propertiesOf(text, "M"), [
    "readonly userName?: string | undefined",
    "readonly code?: string | undefined",
    "readonly id: string",
  ]);
  assert.match(text, /At most one field of `loginMethod` is present\./);
});

Deno.test("properties have protobufjs's names, and JSDoc the JSON name that differs", async () => {
  const text = await generateTypes(`message M {
    string status_v2 = 1;
    repeated string user_i_ds = 2 [json_name = "userIDs"];
    string date_modified = 3 [json_name = "date-modified"];
    string line_1 = 4;
    int64 sched_action = 5 [json_name = "SchedAction", deprecated = true];
  }`);
  assert.deepEqual(propertiesOf(text, "M"), [
    "readonly statusV2: string",
    "readonly userIDs: readonly string[]",
    "readonly dateModified: string",
    "readonly line_1: string",
    "readonly schedAction: string",
  ]);
  assert.match(
    text,
    /\/\*\* AGS JSON name: `date-modified`\. \*\/\n {2}readonly dateModified/,
  );
  assert.match(
    text,
    /\/\*\* AGS JSON name: `line1`\. \*\/\n {2}readonly line_1/,
  );
  assert.match(
    text,
    / \* AGS JSON name: `SchedAction`\.\n {3}\*\n {3}\* @deprecated\n {3}\*\/\n {2}readonly schedAction/,
  );
  assert.doesNotMatch(text, /AGS JSON name: `(statusV2|userIDs)`/);
});

Deno.test("an empty message has no properties at all", async () => {
  assert.match(
    await generateTypes("message M {}"),
    /export type M = Readonly<Record<string, never>>;/,
  );
});

Deno.test("a type of another file is imported from its types", async () => {
  const files = await generate({
    "shop/order.proto": `syntax = "proto3"; package shop;
      import "common/money.proto";
      message Order { common.Money total = 1; }`,
    "common/money.proto": `syntax = "proto3"; package common;
      message Money { int64 amount = 1; }`,
  });
  const text = files.get("shop/order.ts") ?? "";
  assert.match(
    text,
    /import type \* as commonMoney from "\.\.\/common\/money\.ts";/,
  );
  assert.deepEqual(propertiesOf(text, "Order"), [
    "readonly total?: commonMoney.Money | undefined",
  ]);
});

Deno.test("Google's types that are no value in JSON are the objects that are decoded", async () => {
  const text = await generateTypes(`
    import "google/protobuf/any.proto";
    import "google/protobuf/duration.proto";
    import "google/protobuf/field_mask.proto";
    message M {
      google.protobuf.Any a = 1;
      repeated google.protobuf.Duration b = 2;
      google.protobuf.FieldMask c = 3;
    }`);
  const flat = text.replace(/\s+/g, " ");
  assert.match(
    flat,
    /a\?: \| ?\{ readonly typeUrl: string; readonly value: Uint8Array;? \} \| undefined;/,
  );
  assert.match(
    flat,
    /b: readonly \(\{ readonly seconds: string; readonly nanos: number;? \}\)\[\];/,
  );
  assert.match(
    flat,
    /c\?: \{ readonly paths: readonly string\[\];? \} \| undefined;/,
  );
});

import assert from "node:assert/strict";
import { TypeNameError } from "../../../dev/gen/type_names.ts";
import { generateTypes, propertiesOf } from "./_fixtures.ts";

const EMPTY = 'import "google/protobuf/empty.proto";';

function service(request: string): string {
  return `service ${request}Service { rpc OnMessage(${request}) returns (google.protobuf.Empty); }`;
}

function aliasesIn(text: string): readonly string[] {
  return [...text.matchAll(/export type (\w+ = \w+);/g)].map(([, alias = ""]) =>
    alias
  );
}

Deno.test("an anonymous payload is called by its event", async () => {
  const text = await generateTypes(`${EMPTY}
    message AnonymousSchema19 { string id = 1; }
    message UserLoggedIn { AnonymousSchema19 payload = 1; }
    ${service("UserLoggedIn")}`);
  assert.deepEqual(aliasesIn(text), [
    "UserLoggedInPayload = AnonymousSchema19",
  ]);
  assert.deepEqual(propertiesOf(text, "UserLoggedIn"), [
    "readonly payload?: UserLoggedInPayload | undefined",
  ]);
});

Deno.test("an anonymous payload of two events has two names", async () => {
  const text = await generateTypes(`${EMPTY}
    message AnonymousSchema1 { string id = 1; }
    message A { AnonymousSchema1 payload = 1; }
    message B { AnonymousSchema1 payload = 1; }
    ${service("A")} ${service("B")}`);
  assert.deepEqual(aliasesIn(text), [
    "APayload = AnonymousSchema1",
    "BPayload = AnonymousSchema1",
  ]);
});

Deno.test("a deeper anonymous message is called by parent and field", async () => {
  const text = await generateTypes(`${EMPTY}
    message AnonymousSchema3 { string id = 1; }
    message AnonymousSchema2 { AnonymousSchema3 last_seen = 1; }
    message AnonymousSchema1 { repeated AnonymousSchema2 devices = 1; }
    message A { AnonymousSchema1 payload = 1; }
    ${service("A")}`);
  assert.deepEqual(aliasesIn(text), [
    "APayloadDevicesLastSeen = AnonymousSchema3",
    "APayloadDevices = AnonymousSchema2",
    "APayload = AnonymousSchema1",
  ]);
  assert.deepEqual(propertiesOf(text, "AnonymousSchema1"), [
    "readonly devices: readonly APayloadDevices[]",
  ]);
});

Deno.test("a deeper anonymous message that two fields use has no other name", async () => {
  const text = await generateTypes(`${EMPTY}
    message AnonymousSchema1 { string id = 1; }
    message A { AnonymousSchema1 one = 1; AnonymousSchema1 two = 2; }
    ${service("A")}`);
  assert.deepEqual(aliasesIn(text), []);
});

Deno.test("an alias never takes the name of a message", async () => {
  const text = await generateTypes(`${EMPTY}
    message AnonymousSchema1 { string id = 1; }
    message APayload { string id = 1; }
    message A { AnonymousSchema1 payload = 1; }
    ${service("A")}`);
  assert.deepEqual(aliasesIn(text), []);
});

Deno.test("only anonymous messages have aliases", async () => {
  const text = await generateTypes(`${EMPTY}
    message Data { string id = 1; }
    message A { Data payload = 1; }
    ${service("A")}`);
  assert.deepEqual(aliasesIn(text), []);
});

Deno.test("an anonymous message that contains itself makes no endless name", async () => {
  const text = await generateTypes(
    "message AnonymousSchema1 { AnonymousSchema1 next = 1; }",
  );
  assert.deepEqual(aliasesIn(text), []);
});

Deno.test("nested messages have the outer name in front", async () => {
  const text = await generateTypes(
    "message Order { message Line { enum Kind { K = 0; } Kind kind = 1; } Line line = 1; }",
  );
  assert.deepEqual(propertiesOf(text, "Order"), [
    "readonly line?: OrderLine | undefined",
  ]);
  assert.deepEqual(propertiesOf(text, "OrderLine"), [
    "readonly kind: OrderLineKind",
  ]);
});

Deno.test("a message called like a type in use has another name", async () => {
  const text = await generateTypes(
    "message Record { string id = 1; } message M { Record record = 1; map<string, Record> all = 2; }",
  );
  assert.deepEqual(propertiesOf(text, "M"), [
    "readonly record?: RecordMessage | undefined",
    "readonly all: Readonly<Record<string, RecordMessage>>",
  ]);
});

Deno.test("two types that would have the same name are an error", async () => {
  await assert.rejects(
    generateTypes("message OrderLine {} message Order { message Line {} }"),
    (error) => {
      assert(error instanceof TypeNameError);
      assert.match(
        error.message,
        /"\.shop\.v1\.OrderLine" and "\.shop\.v1\.Order\.Line" in a\.proto are both called "OrderLine"/,
      );
      return true;
    },
  );
});

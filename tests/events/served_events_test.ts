import assert from "node:assert/strict";
import { readCatalog } from "../../lib/events/catalog.ts";
import { ProtoFileError } from "../../lib/events/proto_files.ts";
import { loadServedEvents } from "../../lib/events/served_events.ts";
import { makeFolder, PROTO_FOLDER } from "../grpc/_fixture.ts";
import * as wire from "../grpc/_wire.ts";

const SHOP = "accelbyte-asyncapi/shop/order/v1/order";

function shopFile(services: string): string {
  return `syntax = "proto3";
    package accelbyte.shop.order.v1;
    import "google/protobuf/empty.proto";
    message Placed { string id = 1; int64 price = 2; }
    ${services}`;
}

const PLACED =
  "service PlacedService { rpc OnMessage(Placed) returns (google.protobuf.Empty); }";

Deno.test("loadServedEvents() gives the path, the package and the decoder of an event", () => {
  using folder = makeFolder({
    [`${SHOP}.sc.properties`]: "order.placed = net.shop.PlacedService",
    [`${SHOP}.proto`]: shopFile(PLACED),
  });
  const { events } = loadServedEvents(readCatalog(folder.path), [
    "order.placed",
  ]);
  const [event] = events;
  assert.equal(events.length, 1);
  const { decode, costOf, message, ...facts } = event!;
  assert.equal(message.fullName, ".accelbyte.shop.order.v1.Placed");
  assert.deepEqual(facts, {
    type: "order.placed",
    service: "accelbyte.shop.order.v1.PlacedService",
    method: "OnMessage",
    path: "/accelbyte.shop.order.v1.PlacedService/OnMessage",
    package: "accelbyte.shop.order.v1",
  });
  const bytes = wire.concat(
    wire.record(1, 2, wire.text("o-1")),
    wire.record(2, 0, wire.varint(12)),
  );
  assert.deepEqual(decode(bytes), { id: "o-1", price: "12" });
  assert.ok(costOf(bytes) > bytes.length);
});

Deno.test("loadServedEvents() reads the proto files of registered handlers only", () => {
  using folder = makeFolder({
    [`${SHOP}.sc.properties`]: "order.placed = net.shop.PlacedService",
    [`${SHOP}.proto`]: shopFile(PLACED),
    "accelbyte-asyncapi/shop/broken/v1/broken.sc.properties":
      "broken.event = net.shop.BrokenService",
    "accelbyte-asyncapi/shop/broken/v1/broken.proto": "this is not proto",
  });
  const catalog = readCatalog(folder.path);
  const { files } = loadServedEvents(catalog, ["order.placed"]);
  assert.deepEqual([...files.files.keys()], [
    `${SHOP}.proto`,
    "google/protobuf/empty.proto",
  ]);
  assert.throws(
    () => loadServedEvents(catalog, ["order.placed", "broken.event"]),
    (error) =>
      error instanceof ProtoFileError &&
      error.message.startsWith(
        "accelbyte-asyncapi/shop/broken/v1/broken.proto:1: ",
      ),
  );
});

Deno.test("loadServedEvents() keeps a method's own name", () => {
  using folder = makeFolder({
    [`${SHOP}.sc.properties`]: "order.placed = net.shop.PlacedService",
    [`${SHOP}.proto`]: shopFile(PLACED.replace("OnMessage", "onMessage")),
  });
  const { events } = loadServedEvents(readCatalog(folder.path), [
    "order.placed",
  ]);
  assert.equal(
    events[0]?.path,
    "/accelbyte.shop.order.v1.PlacedService/onMessage",
  );
});

Deno.test("loadServedEvents() needs a service only when a handler takes its event", () => {
  using folder = makeFolder({
    [`${SHOP}.sc.properties`]: "order.placed = net.shop.PlacedService\n" +
      "order.lost = net.shop.LostService\n",
    [`${SHOP}.proto`]: shopFile(PLACED),
  });
  const catalog = readCatalog(folder.path);
  assert.equal(loadServedEvents(catalog, ["order.placed"]).events.length, 1);
  assert.throws(() => loadServedEvents(catalog, ["order.lost"]), {
    name: "ProtoFileError",
    message: `${SHOP}.sc.properties:2: ` +
      'Service "accelbyte.shop.order.v1.LostService" of event "order.lost" is not ' +
      `in ${SHOP}.proto: name a service of that file that has one method, or remove ` +
      "the handler",
  });
});

Deno.test("loadServedEvents() refuses services that are not one method of one message", () => {
  const cases = {
    "none": "service PlacedService {}",
    "two":
      "service PlacedService { rpc A(Placed) returns (google.protobuf.Empty); " +
      "rpc B(Placed) returns (google.protobuf.Empty); }",
    "a message": "message PlacedService { string id = 1; }",
    // The name alone is not enough: the package counts, too.
    "nested": `message Outer { message PlacedService { string id = 1; } }`,
  };
  for (const [what, services] of Object.entries(cases)) {
    using folder = makeFolder({
      [`${SHOP}.sc.properties`]: "order.placed = net.shop.PlacedService",
      [`${SHOP}.proto`]: shopFile(services),
    });
    assert.throws(
      () => loadServedEvents(readCatalog(folder.path), ["order.placed"]),
      ProtoFileError,
      what,
    );
  }
});

Deno.test("loadServedEvents() does not take another package's service of that name", () => {
  using folder = makeFolder({
    [`${SHOP}.sc.properties`]: "order.placed = net.shop.PlacedService",
    [`${SHOP}.proto`]: shopFile("").replace(
      "package accelbyte.shop.order.v1;",
      "package other.accelbyte.shop.order.v1;",
    ) + PLACED,
  });
  assert.throws(
    () => loadServedEvents(readCatalog(folder.path), ["order.placed"]),
    ProtoFileError,
  );
});

Deno.test("loadServedEvents() serves an event to the most specific type a handler named", () => {
  const properties = (service: string) => `history.event = net.shop.${service}`;
  const file = (name: string) =>
    `syntax = "proto3"; package accelbyte.${name}.a.v1;
    import "google/protobuf/empty.proto";
    message M { string id = 1; }
    service S { rpc OnMessage(M) returns (google.protobuf.Empty); }`;
  using folder = makeFolder({
    "accelbyte-asyncapi/one/a/v1/a.sc.properties": properties("S"),
    "accelbyte-asyncapi/one/a/v1/a.proto": file("one"),
    "accelbyte-asyncapi/two/a/v1/a.sc.properties": properties("S"),
    "accelbyte-asyncapi/two/a/v1/a.proto": file("two"),
  });
  const catalog = readCatalog(folder.path);
  const served = (...types: readonly string[]) =>
    loadServedEvents(catalog, types).events.map(({ type, service }) => [
      service,
      type,
    ]);
  assert.deepEqual(served("history.event"), [
    ["accelbyte.one.a.v1.S", "history.event"],
    ["accelbyte.two.a.v1.S", "history.event"],
  ]);
  assert.deepEqual(served("history.event@two"), [
    ["accelbyte.two.a.v1.S", "history.event@two"],
  ]);
  assert.deepEqual(served("history.event", "history.event@one"), [
    ["accelbyte.one.a.v1.S", "history.event@one"],
    ["accelbyte.two.a.v1.S", "history.event"],
  ]);
});

Deno.test("loadServedEvents() leaves out what a pattern covers and no service takes", () => {
  using folder = makeFolder({
    [`${SHOP}.sc.properties`]: "order.placed = net.shop.PlacedService\n" +
      "order.lost = net.shop.LostService\n",
    [`${SHOP}.proto`]: shopFile(PLACED),
  });
  const catalog = readCatalog(folder.path);
  const load = (...named: readonly string[]) =>
    loadServedEvents(catalog, ["order.lost", "order.placed"], {
      named: new Set(named),
    });
  const { events, absent } = load("order.*");
  assert.deepEqual(events.map(({ type }) => type), ["order.placed"]);
  assert.deepEqual(absent.map(({ key }) => key), ["order.lost"]);
  assert.equal(load("order.placed").absent.length, 1);
  assert.throws(() => load("order.lost"), ProtoFileError);
});

/** A key that two packages use, for messages with these fields. */
function historyFiles(one: string, two: string): Record<string, string> {
  const file = (name: string, fields: string) =>
    `syntax = "proto3"; package accelbyte.${name}.a.v1;
    import "google/protobuf/empty.proto";
    enum Kind { NONE = 0; SOME = 1; }
    message Part { string id = 1; Part inner = 2; }
    message M { ${fields} }
    service S { rpc OnMessage(M) returns (google.protobuf.Empty); }`;
  const properties = "# keys\nhistory.event = net.shop.S";
  return {
    "accelbyte-asyncapi/one/a/v1/a.sc.properties": properties,
    "accelbyte-asyncapi/one/a/v1/a.proto": file("one", one),
    "accelbyte-asyncapi/two/a/v1/a.sc.properties": properties,
    "accelbyte-asyncapi/two/a/v1/a.proto": file("two", two),
  };
}

for (
  const [one, two] of [
    ["string id = 1;", "string id = 1; string user_id = 2;"],
    ["string id = 1;", "int64 id = 1;"],
    ["string id = 1;", "repeated string id = 1;"],
    ["string id = 1;", "oneof choice { string id = 1; }"],
    ["string id = 1;", "string uid = 1;"],
    ["Part part = 1;", "M part = 1;"],
    ["Part part = 1;", "Kind part = 1;"],
    ["map<string, Part> part = 1;", "Part part = 1;"],
  ] as const
) {
  Deno.test(`loadServedEvents() refuses one type for "${one}" and "${two}"`, () => {
    using folder = makeFolder(historyFiles(one, two));
    const catalog = readCatalog(folder.path);
    assert.throws(() => loadServedEvents(catalog, ["history.event"]), {
      name: "ProtoFileError",
      message: "accelbyte-asyncapi/two/a/v1/a.sc.properties:2: Event type " +
        '"history.event" has two messages of different shape, this one and that of ' +
        "accelbyte-asyncapi/one/a/v1/a.sc.properties:2: name " +
        '"history.event@one" or "history.event@two" in the handler, or all of them ' +
        "in a list",
    });
    const both = ["history.event@one", "history.event@two"];
    assert.equal(loadServedEvents(catalog, both).events.length, 2);
    assert.equal(loadServedEvents(catalog, catalog.types).events.length, 2);
  });
}

Deno.test("loadServedEvents() takes one type for messages that look the same", () => {
  const fields = "Kind kind = 3; map<string, Part> parts = 4;";
  using folder = makeFolder(
    historyFiles(`string id = 1; ${fields}`, `${fields} string id = 9;`),
  );
  const catalog = readCatalog(folder.path);
  assert.equal(loadServedEvents(catalog, ["history.event"]).events.length, 2);
});

Deno.test("loadServedEvents() loads every event of the project's own files", () => {
  const catalog = readCatalog(PROTO_FOLDER);
  const { events } = loadServedEvents(catalog, catalog.types);
  assert.equal(events.length, catalog.events.length);
  for (const { decode, path } of events) {
    assert.match(path, /^\/accelbyte\.[\w.]+\.v1\.\w+\/OnMessage$/);
    assert.equal(typeof decode(new Uint8Array()), "object");
  }
});

import assert from "node:assert/strict";
import { eventFacts } from "../../../dev/events/event_facts.ts";
import { readProtoFiles } from "../../../dev/gen/proto_source.ts";
import { readCatalog } from "../../../lib/events/catalog.ts";
import { makeFolder } from "../gen/_fixtures.ts";
import { eventOf, EVENTS, PROTO_FOLDER } from "./_all_events.ts";

Deno.test("eventFacts() has the events that the service can serve, and no others", () => {
  const catalog = readCatalog(PROTO_FOLDER);
  const facts = (
    { types, key, service, protoFile }: {
      readonly types: readonly string[];
      readonly key: string;
      readonly service: string;
      readonly protoFile: string;
    },
  ) => [types[0], types.length, key, service, protoFile].join(" ");
  assert.deepEqual(
    EVENTS.map(facts).sort(),
    catalog.events.map((event) =>
      facts({ ...event, service: `${event.package}.${event.serviceName}` })
    ).sort(),
  );
});

Deno.test("eventFacts() says what a login is", () => {
  const { fields, ...event } = eventOf("userAuthentication.userLoggedIn");
  assert.deepEqual(event, {
    types: ["userAuthentication.userLoggedIn"],
    key: "userAuthentication.userLoggedIn",
    channel: "userAuthentication",
    says: "User logged in",
    service: "accelbyte.iam.account.v1.UserAuthenticationUserLoggedInService",
    method: "OnMessage",
    message: "accelbyte.iam.account.v1.UserLoggedIn",
    protoFile: "accelbyte-asyncapi/iam/account/v1/account.proto",
    typesFile: "accelbyte-asyncapi/iam/account/v1/account.ts",
    typeName: "UserLoggedIn",
    hasId: true,
    namespaceFields: [
      "namespace",
      "parentNamespace",
      "payload.userAccount.namespace",
    ],
    userFields: ["userId", "payload.userAccount.userId"],
    envelope: [
      "payload",
      "id",
      "version",
      "name",
      "namespace",
      "parentNamespace",
      "timestamp",
      "clientId",
      "userId",
      "traceId",
      "sessionId",
    ],
  });
  assert.ok(fields.includes("refresh"));
  assert.ok(!fields.includes("traceId"));
});

Deno.test("eventFacts() finds namespaces and users in lists and maps, in AGS's words only", async () => {
  await using folder = await makeFolder({
    "accelbyte-asyncapi/shop/v1/shop.proto": `syntax = "proto3";
      package accelbyte.shop.v1;
      message Sold {
        repeated Line lines = 1;
        map<string, Line> by_name = 2;
        string targetNamespace = 3;
        repeated string user_ids = 4;
        int64 counted_user_id = 5;
        string platform_user_id = 6;
        string third_party_user_id = 7;
        string ext_user_id = 8;
      }
      message Line { string buyer_user_id = 1; Line next = 2; }
      message Empty {}
      service ShopSoldService { rpc OnMessage(Sold) returns (Empty); }`,
    "accelbyte-asyncapi/shop/v1/shop.sc.properties":
      "shop.sold = net.accelbyte.shop.ShopSoldService\n",
  });
  const [event, ...others] = eventFacts(await readProtoFiles(folder.path));
  assert.deepEqual(others, []);
  assert.deepEqual(event?.namespaceFields, ["targetNamespace"]);
  assert.deepEqual(event?.userFields, [
    "userIds[]",
    "lines[].buyerUserId",
    "byName[].buyerUserId",
  ]);
  assert.equal(event?.hasId, false);
});

Deno.test("eventFacts() says what a service lacks", async () => {
  await using folder = await makeFolder({
    "accelbyte-asyncapi/shop/v1/shop.proto":
      `syntax = "proto3";\npackage accelbyte.shop.v1;\nservice S {}\n`,
    "accelbyte-asyncapi/shop/v1/shop.sc.properties": "shop.sold = net.S\n",
  });
  const files = await readProtoFiles(folder.path);
  assert.throws(() => eventFacts(files), {
    name: "EventFactsError",
    message:
      /^Service "S" of event "shop\.sold" in .*shop\.proto takes no event/,
  });
});

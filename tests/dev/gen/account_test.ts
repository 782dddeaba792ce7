import assert from "node:assert/strict";
import { join } from "node:path";
import protobuf from "protobufjs";
import { PROTO_ROOT } from "../../../dev/gen/_cli.ts";
import { main as types } from "../../../dev/gen/types.ts";
import { parseEventProperties } from "../../../lib/events/properties.ts";
import { recordOutput } from "./_fixtures.ts";

const STEM = "accelbyte-asyncapi/iam/account/v1/account";

async function read(file: string): Promise<string> {
  return await Deno.readTextFile(join(PROTO_ROOT, file));
}

async function load(): Promise<protobuf.Root> {
  const root = new protobuf.Root();
  const empty = protobuf.common.get("google/protobuf/empty.proto")?.nested;
  assert(empty !== undefined);
  root.addJSON(empty);
  protobuf.parse(await read(`${STEM}.proto`), root, { keepCase: true });
  root.resolveAll();
  return root;
}

function fieldsOf(root: protobuf.Root, message: string) {
  return root.lookupType(`accelbyte.iam.account.v1.${message}`).fieldsArray.map(
    ({ name, id, type, repeated }) => [name, id, repeated ? `${type}[]` : type],
  );
}

Deno.test("account.proto has AGS's fields of a login, number by number", async () => {
  const root = await load();
  assert.deepEqual(fieldsOf(root, "UserLoggedIn"), [
    ["payload", 1, "AnonymousSchema19"],
    ["id", 2, "string"],
    ["version", 3, "int64"],
    ["name", 4, "string"],
    ["namespace", 5, "string"],
    ["parent_namespace", 6, "string"],
    ["timestamp", 7, "string"],
    ["client_id", 8, "string"],
    ["user_id", 9, "string"],
    ["trace_id", 10, "string"],
    ["session_id", 11, "string"],
  ]);
  assert.deepEqual(fieldsOf(root, "AnonymousSchema19"), [
    ["user_account", 1, "UserAccount"],
    ["user_authentication", 2, "UserAuthentication"],
    ["login_location", 3, "LoginLocation"],
  ]);
  assert.deepEqual(fieldsOf(root, "Permissions"), [
    ["resoure", 1, "string"],
    ["action", 2, "string"],
    ["sched_action", 3, "int64"],
    ["sched_cron", 4, "string"],
    ["sched_range", 5, "string[]"],
  ]);
});

Deno.test("account.proto keeps AGS's odd JSON names and deprecations", async () => {
  const root = await load();
  const field = root.lookupType("accelbyte.iam.account.v1.Permissions")
    .fields["sched_action"];
  assert.equal(field?.options?.["json_name"], "SchedAction");
  assert.equal(field?.options?.["deprecated"], true);
});

Deno.test("account.proto serves a login where AGS calls it", async () => {
  const root = await load();
  const service = root.lookupService(
    "accelbyte.iam.account.v1.UserAuthenticationUserLoggedInService",
  );
  assert.deepEqual(
    service.methodsArray.map((
      { name, requestType, responseType, requestStream, responseStream },
    ) => [name, requestType, responseType, requestStream, responseStream]),
    [[
      "OnMessage",
      "UserLoggedIn",
      "google.protobuf.Empty",
      undefined,
      undefined,
    ]],
  );
});

Deno.test("account.proto decodes a login that was encoded by hand", async () => {
  const root = await load();
  const message = root.lookupType("accelbyte.iam.account.v1.UserLoggedIn");
  const text = (value: string) => [...new TextEncoder().encode(value)];
  const bytes = Uint8Array.from([
    // Field 2 (id), 5 (namespace) and 9 (user_id): tag, length, text.
    ...[0x12, 0x04, ...text("e-01")],
    ...[0x2a, 0x04, ...text("game")],
    ...[0x4a, 0x04, ...text("u-07")],
    // Field 3 (version): 300.
    ...[0x18, 0xac, 0x02],
  ]);
  assert.deepEqual(message.toObject(message.decode(bytes), { longs: String }), {
    id: "e-01",
    namespace: "game",
    user_id: "u-07",
    version: "300",
  });
});

Deno.test("account.sc.properties and account.mc.properties name AGS's 43 events", async () => {
  const [services, messages] = await Promise.all(
    ["sc", "mc"].map(async (kind) => {
      const file = `${STEM}.${kind}.properties`;
      return parseEventProperties(await read(file), { file });
    }),
  );
  assert(services !== undefined && messages !== undefined);
  assert.equal(services.length, 43);
  assert.deepEqual(
    services.map(({ key }) => key),
    messages.map(({ key }) => key),
  );
  const root = await load();
  for (const [index, { serviceName }] of services.entries()) {
    const service = root.lookupService(
      `accelbyte.iam.account.v1.${serviceName}`,
    );
    assert.equal(
      service.methods["OnMessage"]?.requestType,
      messages[index]?.serviceName,
    );
  }
  const login = services.find(({ key }) =>
    key === "userAuthentication.userLoggedIn"
  );
  assert.equal(
    login?.className,
    "net.accelbyte.iam.account.UserAuthenticationUserLoggedInService",
  );
});

Deno.test("the types in the repository are those of its proto files", async () => {
  const output = recordOutput();
  assert.equal(await types(["--check"], output), 0, output.errors.join("\n"));
});

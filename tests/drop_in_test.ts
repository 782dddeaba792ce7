/**
 * Newer event files of AGS's, copied over those in `proto/`: the service serves what
 * they add, and `deno task gen` types it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { main as generateTypes } from "../dev/gen/types.ts";
import type { Event } from "../lib/core/event.ts";
import { startService } from "../lib/service.ts";
import { type Checkout, makeCheckout } from "./_support/checkout.ts";
import { testConfig } from "./_support/config.ts";
import { testHandler } from "./_support/delivery.ts";
import { recordLog } from "./_support/log.ts";
import { call, connect } from "./grpc/_grpc.ts";
import * as wire from "./grpc/_wire.ts";

const ACCOUNT = "proto/accelbyte-asyncapi/iam/account/v1/account";
const GUILD = "proto/accelbyte-asyncapi/guild/hall/v2/guild-hall";
const GROUP = "proto/accelbyte-asyncapi/group/group/v1/group";
const SESSION = "proto/accelbyte-asyncapi/session/session/v1/session";

/** The account file a year on, written as the vendor writes: one more event. */
function newerAccount(old: string): string {
  const [head = "", ...rest] = old.split(/^(?=option )/m);
  return `// Copyright (c) 2027. All rights reserved.
// source: account.yaml (2.0.0)

${head}
import "google/protobuf/any.proto";
import public "google/protobuf/timestamp.proto";

/* --- options --- */
option optimize_for = SPEED;
${rest.join("")}
// --- schema objects ---

// path: #/components/schemas/AnonymousSchema9001
message AnonymousSchema9001 {
    option deprecated = false;
    reserved 3, 7 to 9;
    reserved "old_name";
    enum Kind { KIND_UNKNOWN = 0; KIND_HARDWARE = 1; }
    message Device { string device_model = 1 [json_name = "deviceModel"]; }
    Kind kind = 1 [json_name = "kind"];
    map<string, Device> devices = 2 [json_name = "devices"]; // by id
    optional int64 used_count = 4 [json_name = "usedCount", deprecated = true];
    oneof proof { string pin = 5; bytes seal = 6; }
    repeated Device recent = 10;
    google.protobuf.Timestamp first_used = 11;
    google.protobuf.Any more = 12;
}

message UserPasskeyLoggedIn {
    AnonymousSchema9001 payload = 1 [json_name = "payload"];
    string id = 2 [json_name = "id"];
    string namespace = 5 [json_name = "namespace"];
    string user_id = 9 [json_name = "userId"];
};

// Publishes a message to the channel. (userAuthentication.userPasskeyLoggedIn)
service UserAuthenticationUserPasskeyLoggedInService {
    option deprecated = false;
    rpc OnMessage(UserPasskeyLoggedIn) returns (google.protobuf.Empty) {
        option idempotency_level = IDEMPOTENT;
    }
}
`;
}

const PASSKEY = "userAuthentication.userPasskeyLoggedIn";
const PASSKEY_LINE =
  `${PASSKEY} = net.accelbyte.iam.account.UserAuthenticationUserPasskeyLoggedInService`;

const GUILD_TEXT = `syntax = "proto3";
package accelbyte.guild.hall.v2;
import "google/protobuf/empty.proto";
message GuildRaised { string id = 1; string guild_name = 2; }
service GuildRaisedService {
  rpc OnMessage(GuildRaised) returns (google.protobuf.Empty);
}
`;

/** Copies newer files over the checkout's. */
function dropIn({ read, write }: Checkout): void {
  write(`${ACCOUNT}.proto`, newerAccount(read(`${ACCOUNT}.proto`)));
  write(
    `${ACCOUNT}.sc.properties`,
    `${read(`${ACCOUNT}.sc.properties`)}\n# Passkeys\r\n${PASSKEY_LINE}\r\n`,
  );
  write(`${GUILD}.proto`, GUILD_TEXT);
  write(
    `${GUILD}.sc.properties`,
    "guild.raised = net.accelbyte.guild.hall.GuildRaisedService\n" +
      "guild.razed = net.accelbyte.guild.hall.GuildRazedService",
  );
  // As AGS itself writes these: names twice, and services that are not there.
  write(
    `${GROUP}.sc.properties`,
    "# Group Service Events\n" +
      ["group", "groupMember"].flatMap((channel) =>
        read(`${GROUP}.sc.properties`).split("\n")
          .filter((line) => line.startsWith(`${channel}.`))
          .map((line) =>
            line.replace(/^\w+\.(\w+)/, "$&.$1")
              .replace("PayloadService", "Service")
          )
      ).join("\n"),
  );
  write(
    `${SESSION}.sc.properties`,
    "session.onPartyCreated = net.accelbyte.session.session.SessionOnPartyCreatedService\n" +
      read(`${SESSION}.sc.properties`),
  );
}

const PASSKEY_BYTES = wire.concat(
  wire.nested(
    1,
    wire.concat(
      wire.record(1, 0, wire.varint(1)),
      wire.nested(
        2,
        wire.concat(
          wire.record(1, 2, wire.text("d-1")),
          wire.nested(2, wire.record(1, 2, wire.text("Key 5"))),
        ),
      ),
      wire.record(4, 0, wire.varint(2n ** 60n)),
      wire.record(6, 2, wire.delimited(new Uint8Array([1, 2]))),
      wire.nested(11, wire.record(1, 0, wire.varint(1))),
    ),
  ),
  wire.record(2, 2, wire.text("e-1")),
  wire.record(9, 2, wire.text("u-1")),
);

Deno.test("newer event files are served as they are, without a generated type", async () => {
  using checkout = makeCheckout();
  dropIn(checkout);
  const seen: Event[] = [];
  const types = [
    PASSKEY,
    "userAuthentication.userLoggedIn",
    "guild.*",
    "group.*",
  ];
  const log = recordLog();
  await using service = await startService({
    config: testConfig(),
    protoFolder: `${checkout.path}/proto`,
    handlers: types.map((type) =>
      testHandler((event) => void seen.push(event), {
        types: type,
        anyNamespace: true,
      })
    ),
    log,
  });
  await using channel = connect(service.portOf("grpc"));
  const send = async (service: string, bytes: Uint8Array) =>
    (await call(channel.client, `/${service}/OnMessage`, bytes)).status;

  const account = "accelbyte.iam.account.v1";
  const group = "accelbyte.group.group.v1";
  const id = (number: number) => wire.record(number, 2, wire.text("e-2"));
  assert.deepEqual([
    await send(
      `${account}.UserAuthenticationUserPasskeyLoggedInService`,
      PASSKEY_BYTES,
    ),
    await send(`${account}.UserAuthenticationUserLoggedInService`, id(2)),
    await send("accelbyte.guild.hall.v2.GuildRaisedService", id(1)),
    await send(`${group}.GroupGroupCreatedGroupCreatedPayloadService`, id(2)),
  ], ["OK", "OK", "OK", "OK"]);
  assert.deepEqual(seen.map(({ type }) => type), [
    PASSKEY,
    "userAuthentication.userLoggedIn",
    "guild.raised",
    "group.groupCreated",
  ]);
  assert.deepEqual(seen[0], {
    type: PASSKEY,
    source: account,
    id: "e-1",
    subject: "u-1",
    data: {
      payload: {
        kind: "KIND_HARDWARE",
        devices: { "d-1": { deviceModel: "Key 5" } },
        usedCount: String(2n ** 60n),
        seal: new Uint8Array([1, 2]),
        recent: [],
        firstUsed: "1970-01-01T00:00:01Z",
      },
      id: "e-1",
      namespace: "",
      userId: "u-1",
    },
  });
  assert.deepEqual(seen[2]?.data, { id: "e-2", guildName: "" });
  assert.deepEqual(
    log.lines.filter(({ message }) => message === "Event has no service")
      .map(({ fields }) => fields),
    [{
      eventType: "guild.razed",
      declaredAt: `${GUILD.replace(/^proto\//, "")}.sc.properties:2`,
    }],
  );
});

/** What a studio writes once `deno task gen` has run. */
const HANDLERS = `import { type Handler, on } from "event-handler";
import type {
  UserPasskeyLoggedInPayload,
} from "../proto/accelbyte-asyncapi/iam/account/v1/account.ts";

function describe(payload: UserPasskeyLoggedInPayload): string {
  const model: string | undefined = payload.devices["d-1"]?.deviceModel;
  const seal: Uint8Array | undefined = payload.seal;
  const count: string | undefined = payload.usedCount;
  const kind: "KIND_UNKNOWN" | "KIND_HARDWARE" | number = payload.kind;
  const used: string | undefined = payload.firstUsed;
  const more: Uint8Array | undefined = payload.more?.value;
  return [model, seal, count, kind, used, more].join();
}

export const handlers: readonly Handler[] = [
  on("userAuthentication.userPasskeyLoggedIn", ({ data }, ctx) => {
    if (data.payload) ctx.log.info(describe(data.payload));
    // @ts-expect-error -- No such field.
    void data.passkey;
  }),
  on("guild.raised", ({ data }, ctx) => {
    ctx.log.info(data.guildName satisfies string);
  }),
  on("group.groupCreated", () => {}),
  // @ts-expect-error -- No service takes it.
  on("guild.razed", () => {}),
];
`;

Deno.test("deno task gen types newer event files, and handlers of their events compile", async () => {
  using checkout = makeCheckout();
  dropIn(checkout);
  checkout.write("handlers/mod.ts", HANDLERS);
  const options = ["--proto", join(checkout.path, "proto")];
  const output = { log: () => {}, error: () => {} };
  assert.equal(await generateTypes(options, output), 0);
  assert.equal(await generateTypes([...options, "--check"], output), 0);
  const checked = await checkout.deno(["check", "--quiet", "main.ts"]);
  assert.equal(checked.code, 0, checked.stderr);

  const events = checkout.read("proto/events.ts");
  assert.match(events, /- `guild\.razed`: `GuildRazedService`, \S+:2\n/);
  assert.match(events, /- `session\.onPartyCreated`: /);
  assert.match(
    checkout.read(`${ACCOUNT}.ts`),
    /@deprecated\s+\*\/\s+readonly usedCount\?: string \| undefined;/,
  );
});

Deno.test("a handler of an event that AGS's mapping leaves without a service does not start", async () => {
  using checkout = makeCheckout();
  dropIn(checkout);
  await assert.rejects(
    startService({
      config: testConfig(),
      protoFolder: `${checkout.path}/proto`,
      handlers: [testHandler(() => {}, { types: "session.onPartyCreated" })],
      log: recordLog(),
    }),
    {
      name: "ProtoFileError",
      message:
        "accelbyte-asyncapi/session/session/v1/session.sc.properties:1: " +
        'Service "accelbyte.session.session.v1.SessionOnPartyCreatedService" of ' +
        'event "session.onPartyCreated" is not in ' +
        "accelbyte-asyncapi/session/session/v1/session.proto: name a service of " +
        "that file that has one method, or take the handler out",
    },
  );
});

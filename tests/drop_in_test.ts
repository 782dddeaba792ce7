/**
 * Newer event files of AGS's, copied over those in `proto/`: the service serves what
 * they add. `tests/projects/` has what `deno task gen` makes of them.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Event } from "../lib/core/event.ts";
import { startService } from "../lib/service.ts";
import { makeCheckout } from "./_support/checkout.ts";
import { testConfig } from "./_support/config.ts";
import { testHandler } from "./_support/delivery.ts";
import { recordLog } from "./_support/log.ts";
import { dropIn, GUILD, PASSKEY } from "./_support/newer_events.ts";
import { call, connect } from "./grpc/_grpc.ts";
import * as wire from "./grpc/_wire.ts";

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
        "that file that has one method, or remove the handler",
    },
  );
});

import assert from "node:assert/strict";
import { join } from "node:path";
import { EventJsonError } from "../../dev/event_json.ts";
import {
  findEvent,
  makeEvent,
  type MakeEventOptions,
  UnknownEventError,
} from "../../dev/event_source.ts";
import { decoderOf } from "../../lib/events/message_codec.ts";
import { ROOT } from "./_run.ts";

const PROTO_FOLDER = join(ROOT, "proto");
const TYPE = "userAuthentication.userLoggedIn";

/** An event as handlers see it. */
function made(options: Partial<MakeEventOptions> = {}) {
  const event = findEvent(PROTO_FOLDER, TYPE);
  const { bytes, userId } = makeEvent(event, {
    namespace: "mygame",
    json: undefined,
    sets: [],
    isOneOfMany: false,
    ...options,
  });
  return { data: decoderOf(event.message)(bytes), userId };
}

Deno.test("findEvent() finds an event's method and message", () => {
  const { type, path, message } = findEvent(PROTO_FOLDER, TYPE);
  assert.equal(type, TYPE);
  assert.equal(
    path,
    "/accelbyte.iam.account.v1.UserAuthenticationUserLoggedInService/OnMessage",
  );
  assert.equal(message.name, "UserLoggedIn");
});

Deno.test("findEvent() says which event was meant", () => {
  assert.throws(
    () => findEvent(PROTO_FOLDER, "userAuthentication.userlogedin"),
    new UnknownEventError(
      `Event "userAuthentication.userlogedin" does not exist: did you mean "${TYPE}"`,
    ),
  );
});

Deno.test("findEvent() suggests nothing for what resembles no event", () => {
  assert.throws(
    () => findEvent(PROTO_FOLDER, "x"),
    new UnknownEventError('Event "x" does not exist'),
  );
});

Deno.test("makeEvent() makes a sample in the namespace, of a player of its own", () => {
  const first = made();
  const second = made();
  assert.equal(first.data.namespace, "mygame");
  assert.match(String(first.data.userId), /^[0-9a-f]{32}$/);
  assert.equal(first.userId, first.data.userId);
  assert.notEqual(first.data.id, second.data.id);
  assert.notEqual(first.userId, second.userId);
});

for (const set of ["userId=u1", "user_id=u1"]) {
  Deno.test(`makeEvent() makes a sample wholly about the player that ${set} names`, () => {
    const { data, userId } = made({ sets: [set] });
    assert.equal(userId, "u1");
    const text = JSON.stringify(data);
    const ids = [...text.matchAll(/"userId":"([^"]*)"/g)].map(([, id]) => id);
    assert.ok(ids.length > 1);
    assert.deepEqual(new Set(ids), new Set(["u1"]));
  });
}

Deno.test("makeEvent() lets the last --set of a field count", () => {
  const { data, userId } = made({ sets: ["userId=u1", "userId=u2"] });
  assert.equal(data.userId, "u2");
  assert.equal(userId, "u2");
});

Deno.test("makeEvent() knows no player of an event whose user id is emptied", () => {
  const { data, userId } = made({ sets: ["userId="] });
  assert.equal(data.userId, "");
  assert.equal(userId, "");
});

Deno.test("makeEvent() sends a file's event as it is, and nothing it lacks", () => {
  const json = { id: "e1", userId: "u1", namespace: "filegame" };
  const { data, userId } = made({ json });
  assert.equal(data.id, "e1");
  assert.equal(data.namespace, "filegame");
  assert.equal(data.payload, undefined);
  assert.equal(userId, "u1");
});

Deno.test("makeEvent() gives each event of many an id of its own, and leaves the file alone", () => {
  const json = { id: "e1", user_id: "u1" };
  const first = made({ json, isOneOfMany: true });
  const second = made({ json, isOneOfMany: true });
  assert.notEqual(first.data.id, "e1");
  assert.notEqual(first.data.id, second.data.id);
  assert.equal(first.userId, "u1");
  assert.deepEqual(json, { id: "e1", user_id: "u1" });
});

Deno.test("makeEvent() lets --set change a file's event, whichever way the file spells the field", () => {
  const json = { user_id: "u1", payload: { user_authentication: {} } };
  const { data } = made({
    json,
    sets: ["userId=u2", "payload.userAuthentication.refresh=true"],
  });
  assert.equal(data.userId, "u2");
  assert.match(JSON.stringify(data.payload), /"refresh":true/);
});

for (const json of [null, [], [{ id: "e1" }], "text", 1, true]) {
  for (const isOneOfMany of [false, true]) {
    Deno.test(`makeEvent() refuses a file that holds ${JSON.stringify(json)}${isOneOfMany ? ", for many events, too" : ""}`, () => {
      assert.throws(
        () => made({ json, isOneOfMany, sets: ["userId=u1"] }),
        new EventJsonError(
          `UserLoggedIn: Value is not an object: ${JSON.stringify(json)}`,
        ),
      );
    });
  }
}

Deno.test("makeEvent() refuses a field that does not exist", () => {
  const error = new EventJsonError(
    'UserLoggedIn: Field "usrId" does not exist: did you mean "userId"',
  );
  assert.throws(() => made({ json: { usrId: "u1" } }), error);
  assert.throws(() => made({ sets: ["usrId=u1"] }), error);
});

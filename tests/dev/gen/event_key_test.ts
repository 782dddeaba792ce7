import assert from "node:assert/strict";
import fc from "fast-check";
import { nameEvents, parseEventType } from "../../../lib/core/event_key.ts";

function typesOf(
  ...events: readonly (readonly [key: string, packageName: string])[]
): readonly (readonly string[])[] {
  return nameEvents(events.map(([key, name]) => ({ key, package: name })))
    .map(({ types }) => types);
}

Deno.test("nameEvents() gives an event of its own key that key alone", () => {
  assert.deepEqual(
    typesOf(["a.b", "accelbyte.iam.account.v1"], [
      "a.c",
      "accelbyte.iam.account.v1",
    ]),
    [["a.b"], ["a.c"]],
  );
});

Deno.test("nameEvents() qualifies a shared key by service and keeps the key", () => {
  assert.deepEqual(
    typesOf(
      [
        "mpv2SessionHistory.MatchHistoryEvent",
        "accelbyte.matchmaking_v2.notification.v1",
      ],
      ["a.b", "accelbyte.session.session.v1"],
      ["mpv2SessionHistory.MatchHistoryEvent", "accelbyte.session.session.v1"],
    ),
    [
      [
        "mpv2SessionHistory.MatchHistoryEvent@matchmaking_v2",
        "mpv2SessionHistory.MatchHistoryEvent",
      ],
      ["a.b"],
      [
        "mpv2SessionHistory.MatchHistoryEvent@session",
        "mpv2SessionHistory.MatchHistoryEvent",
      ],
    ],
  );
});

Deno.test("nameEvents() qualifies by as much of the package as tells all apart", () => {
  assert.deepEqual(
    typesOf(["a.b", "accelbyte.lobby.chat.v1"], [
      "a.b",
      "accelbyte.lobby.party.v1",
    ]),
    [["a.b@lobby.chat", "a.b"], ["a.b@lobby.party", "a.b"]],
  );
  assert.deepEqual(
    typesOf(["a.b", "accelbyte.iam.oauth.v1"], [
      "a.b",
      "accelbyte.iam.oauth.v2",
    ]),
    [["a.b@iam.oauth.v1", "a.b"], ["a.b@iam.oauth.v2", "a.b"]],
  );
});

Deno.test("nameEvents() refuses a key that a package declares twice", () => {
  assert.throws(
    () => typesOf(["a.b", "x.y"], ["a.b", "x.y"]),
    new TypeError(
      'Event key "a.b" is declared twice in package "x.y": expected once',
    ),
  );
});

Deno.test("nameEvents() gives each event a first type that no other has", () => {
  const word = fc.constantFrom("a", "b", "c");
  const packageName = fc.array(word, { minLength: 1, maxLength: 4 })
    .map((parts) => `accelbyte.${parts.join(".")}`);
  const declarations = fc.uniqueArray(
    fc.record({ key: fc.constantFrom("k.a", "k.b"), package: packageName }),
    { selector: (event) => `${event.key} ${event.package}` },
  );
  fc.assert(fc.property(declarations, (events) => {
    const named = nameEvents(events);
    const first = named.map(({ types }) => types[0]);
    assert.equal(new Set(first).size, events.length);
    for (const { event, types } of named) {
      assert.equal(types.at(-1), event.key);
      assert.equal(parseEventType(types[0]).key, event.key);
    }
  }));
});

Deno.test("parseEventType() takes a qualified type apart", () => {
  assert.deepEqual(
    parseEventType("mpv2SessionHistory.MatchHistoryEvent@session"),
    {
      key: "mpv2SessionHistory.MatchHistoryEvent",
      channel: "mpv2SessionHistory",
      name: "MatchHistoryEvent",
      qualifier: "session",
    },
  );
});

Deno.test("parseEventType() ends the channel at the first dot", () => {
  assert.deepEqual(parseEventType("group.groupCreated.groupCreated"), {
    key: "group.groupCreated.groupCreated",
    channel: "group",
    name: "groupCreated.groupCreated",
    qualifier: undefined,
  });
});

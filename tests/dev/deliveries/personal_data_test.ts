import assert from "node:assert/strict";
import { withoutPersonalData } from "../../../dev/deliveries/personal_data.ts";

Deno.test("an event is kept without what names a person, and with what handlers go by", () => {
  assert.deepEqual(
    withoutPersonalData({
      id: "e1",
      userId: "player-one",
      namespace: "mygame",
      payload: {
        userAccount: {
          userId: "0123456789abcdef0123456789abcdef",
          emailAddress: "una@private.example",
          displayName: "Una Real",
          country: "DE",
          dateOfBirth: "1990-02-03",
        },
        statCode: "kills",
        latestValue: 12,
        note: "call me at home",
        phone: 4917012345,
        isFirst: true,
        "una@private.example": "x",
      },
    }),
    {
      id: "e1",
      userId: "player-one",
      namespace: "mygame",
      payload: {
        userAccount: {
          userId: "0123456789abcdef0123456789abcdef",
          emailAddress: "player@example.com",
          displayName: "Player One",
          country: "US",
          dateOfBirth: "2000-01-01",
        },
        statCode: "kills",
        latestValue: 12,
        note: "sample-note",
        phone: 0,
        isFirst: true,
      },
    },
  );
});

Deno.test("a user id that is an e-mail address is replaced", () => {
  const data = withoutPersonalData({ userId: "una@private.example" });
  assert.doesNotMatch(JSON.stringify(data), /una|private/);
});

Deno.test("what is no object, or too large, is not kept", () => {
  for (
    const data of [undefined, null, "text", [1], { a: "x".repeat(70_000) }, {
      a: 1n,
    }]
  ) {
    assert.equal(withoutPersonalData(data), undefined);
  }
});

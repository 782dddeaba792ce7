import assert from "node:assert/strict";
import {
  createPseudonyms,
  readRecorded,
  type RecordedEvent,
  RecordedFileError,
} from "../../../dev/record/recorded_event.ts";

function event(data: RecordedEvent["data"]): RecordedEvent {
  return { type: "a.b", time: "t", source: "grpc", outcome: "handled", data };
}

Deno.test("players get other ids, the same ones in all events of a recording, wherever they are named", () => {
  const { replace } = createPseudonyms();
  const first = replace(event({
    id: "e1",
    userId: "una",
    payload: {
      friend: { user_id: "ben" },
      members: ["una", "x"],
      userIds: ["ben"],
    },
  })).data;
  const second = replace(event({ id: "e2", userId: "ben" })).data;
  const { userId, payload } = first as {
    userId: string;
    payload: {
      friend: { user_id: string };
      members: readonly string[];
      userIds: readonly string[];
    };
  };
  assert.match(userId, /^[\da-f]{32}$/);
  assert.equal(first.id, "e1");
  assert.deepEqual(payload.members, [userId, "x"]);
  assert.equal(payload.friend.user_id, second.userId);
  assert.deepEqual(payload.userIds, [second.userId]);
  assert.notEqual(
    createPseudonyms().replace(event({ userId: "una" })).data.userId,
    userId,
  );
});

const LINE = JSON.stringify(event({ id: "e1" }));

Deno.test("a file of recorded events is read line by line", () => {
  assert.deepEqual(readRecorded("f", `${LINE}\n\n${LINE}\n`), [
    event({ id: "e1" }),
    event({ id: "e1" }),
  ]);
});

for (
  const [text, problem] of [
    ["", /^f has 0 events: /],
    [`${LINE}\n{`, /^f:2: Line is no JSON$/],
    [`${LINE}\n{"type":"a.b"}`, /^f:2: Line is no recorded event: \w+: /],
    ["[]", /^f:1: Line is no recorded event: /],
  ] as const
) {
  Deno.test(`the recorded file ${JSON.stringify(text.slice(-20))} is refused by line and reason`, () => {
    assert.throws(() => readRecorded("f", text), (error) => {
      assert.ok(error instanceof RecordedFileError);
      assert.match(error.message, problem);
      return true;
    });
  });
}

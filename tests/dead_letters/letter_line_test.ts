import assert from "node:assert/strict";
import * as fc from "fast-check";
import {
  decodeLetter,
  encodeLetter,
  LetterLineError,
} from "../../lib/dead_letters/letter_line.ts";
import { testEvent } from "../_support/delivery.ts";
import { testLetter } from "./_letter.ts";

Deno.test("encodeLetter() writes all that is known of the event and of why it was given up", () => {
  const line = encodeLetter(testLetter({ errorId: "e-1" }));
  assert.deepEqual(JSON.parse(line), {
    time: "2026-01-01T00:00:01.000Z",
    firstTime: "2026-01-01T00:00:00.000Z",
    outcome: "rejected",
    reason: "bad_event",
    attempts: 1,
    source: "test",
    event: {
      id: "event-1",
      type: "userAuthentication.userLoggedIn",
      source: "accelbyte.iam.account.v1",
      namespace: "test-namespace",
      data: { userId: "user-1" },
    },
    bytes: "AQL/",
    error: [
      { name: "TerminalError", message: "Amount is negative" },
      { name: "RangeError", message: "-1" },
    ],
    errorId: "e-1",
  });
});

Deno.test("encodeLetter() writes what is known of a message that was not kept", () => {
  const digest = { size: 5_000_000, sha256: "ab".repeat(32) };
  const line = encodeLetter(testLetter({ bytes: undefined, digest }));
  const letter = decodeLetter(line);
  assert.deepEqual(letter.digest, digest);
  assert.equal(letter.bytes, undefined);
});

Deno.test("encodeLetter() writes one line, whatever the event and the error say", () => {
  const text = fc.string({ unit: "grapheme" });
  fc.assert(fc.property(
    fc.record({ id: text.filter((id) => id !== ""), data: fc.jsonValue() }),
    fc.uint8Array(),
    text,
    fc.integer({ min: 1, max: 1e6 }),
    ({ id, data }, bytes, message, attempts) => {
      const event = testEvent({ id, data });
      const error = new Error(message);
      const line = encodeLetter(testLetter({ event, bytes, error, attempts }));
      assert.doesNotMatch(line, /[\n\r]/);
      const letter = decodeLetter(line);
      assert.equal(letter.event.id, id);
      assert.deepEqual(letter.event.data, JSON.parse(JSON.stringify(data)));
      assert.deepEqual(Uint8Array.fromBase64(letter.bytes ?? ""), bytes);
      assert.equal(letter.attempts, attempts);
      assert.equal(letter.error[0]?.message, message);
    },
  ));
});

Deno.test("encodeLetter() bounds what an error says, and ends a circle of causes", () => {
  const error = new Error("x".repeat(10_000));
  error.cause = error;
  const letter = decodeLetter(encodeLetter(testLetter({ error })));
  assert.equal(letter.error.length, 8);
  assert.equal(letter.error[0]?.message.length, 2_000);
});

Deno.test("encodeLetter() writes what was thrown that is no error", () => {
  const { error } = decodeLetter(encodeLetter(testLetter({ error: "boom" })));
  assert.deepEqual(error, [{ name: "string", message: "boom" }]);
});

Deno.test("A letter of an event that does not decode has its bytes and no data", () => {
  const event = testEvent({ data: undefined });
  const letter = decodeLetter(encodeLetter(testLetter({ event })));
  assert.equal(letter.event.data, undefined);
  assert.equal(letter.bytes, "AQL/");
});

Deno.test("decodeLetter() takes fields that a newer version has written", () => {
  const line = JSON.stringify({
    ...JSON.parse(encodeLetter(testLetter())),
    colour: "red",
  });
  assert.equal(decodeLetter(line).event.id, "event-1");
});

for (
  const [what, line, message] of [
    ["half a line", '{"event":{"id":"secret-1', "Line is not JSON"],
    ["another thing", '{"id":"secret-1"}', "not as expected"],
    ["no object", "5", "not as expected"],
  ] as const
) {
  Deno.test(`decodeLetter() refuses ${what}, and shows nothing of it`, () => {
    assert.throws(() => decodeLetter(line), (error) => {
      assert.ok(error instanceof LetterLineError);
      assert.ok(error.message.includes(message), error.message);
      assert.doesNotMatch(error.message, /secret-1/);
      return true;
    });
  });
}

Deno.test("decodeLetter() reads lines of the first version, which said transport for source", () => {
  const { source, ...line } = JSON.parse(encodeLetter(testLetter()));
  const old = JSON.stringify({ ...line, transport: source });
  assert.equal(decodeLetter(old).source, source);
});

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { DEAD_LETTER_HEADERS } from "../../lib/eventstream/dead_letter_headers.ts";
import {
  DeliveryError,
  InvalidTopicError,
  MessageTooLargeError,
} from "../../lib/eventstream/errors.ts";
import { sendFitting } from "../../lib/eventstream/letter_forms.ts";
import { sizeOf } from "../../lib/eventstream/message.ts";
import { PortError } from "../../lib/eventstream/port.ts";
import type {
  OutgoingRecord,
  RecordHeader,
} from "../../lib/eventstream/record.ts";

const encoder = new TextEncoder();
const WHY: readonly RecordHeader[] = [
  ["dlq-reason", encoder.encode("rejected")],
];

function refusal(code: string): DeliveryError {
  return new DeliveryError("Refused", {
    cause: new PortError("Refused", { retryable: false, code }),
  });
}

/** A topic that takes records up to some length. */
function topicOf(maxBytes: number) {
  const sent: { record: OutgoingRecord; compress: boolean }[] = [];
  return {
    sent,
    send(record: OutgoingRecord, { compress }: { compress: boolean }) {
      const size = compress
        ? gzipSync(record.value ?? new Uint8Array()).length +
          sizeOf({ headers: record.headers ?? [] }) + (record.key?.length ?? 0)
        : sizeOf(record);
      if (size > maxBytes) return Promise.reject(refusal("MESSAGE_TOO_LARGE"));
      sent.push({ record, compress });
      return Promise.resolve();
    },
  };
}

function headersOf({ headers = [] }: OutgoingRecord): Record<string, string> {
  const decoder = new TextDecoder();
  return Object.fromEntries(
    headers.map(([name, value]) => [name, decoder.decode(value)]),
  );
}

Deno.test("a letter that fits is sent whole, as it is", async () => {
  const { sent, send } = topicOf(10_000);
  const record: OutgoingRecord = {
    key: encoder.encode("k"),
    value: encoder.encode("v"),
    headers: [["own", encoder.encode("1")]],
    timestamp: 5n,
  };
  assert.deepEqual(await sendFitting({ record, why: WHY }, send), []);
  assert.deepEqual(sent, [{
    record: { ...record, headers: [...record.headers ?? [], ...WHY] },
    compress: false,
  }]);
});

Deno.test("a letter that is too long as it is, and not when it is compressed, is whole all the same", async () => {
  const { sent, send } = topicOf(1_000);
  const value = encoder.encode("x".repeat(50_000));
  assert.deepEqual(
    await sendFitting({ record: { value }, why: WHY }, send),
    [],
  );
  assert.equal(sent[0]?.compress, true);
  assert.equal(sent[0]?.record.value, value);
});

Deno.test("a letter without its value says how long it was, and its hash", async () => {
  const { sent, send } = topicOf(1_000);
  const value = randomBytes(5_000);
  const omitted = await sendFitting({ record: { value }, why: WHY }, send);
  assert.deepEqual(omitted, ["value"]);
  const [letter] = sent;
  assert.ok(letter !== undefined && letter.record.value === undefined);
  assert.deepEqual(headersOf(letter.record), {
    "dlq-reason": "rejected",
    [DEAD_LETTER_HEADERS.omitted]: "value",
    [DEAD_LETTER_HEADERS.size]: "5000",
    [DEAD_LETTER_HEADERS.sha256]: createHash("sha256").update(value)
      .digest("hex"),
  });
});

Deno.test("of value and headers the longer one is left out, and both and the key if they have to be", async () => {
  const long = randomBytes(5_000);
  const short = encoder.encode("v");
  const cases: readonly [OutgoingRecord, readonly string[]][] = [
    [{ value: short, headers: [["h", long]] }, ["headers"]],
    [{ value: long, headers: [["h", short]] }, ["value"]],
    [{ value: long, headers: [["h", long]] }, ["value", "headers"]],
    [{ key: long, value: short, headers: [["h", short]] }, [
      "value",
      "headers",
      "key",
    ]],
    [{ key: long }, ["key"]],
  ];
  for (const [record, expected] of cases) {
    const { sent, send } = topicOf(1_000);
    assert.deepEqual(
      await sendFitting({ record, why: WHY }, send),
      expected,
    );
    const [letter] = sent;
    assert.equal(
      headersOf(letter?.record ?? {})[DEAD_LETTER_HEADERS.omitted],
      expected.join(),
    );
  }
});

Deno.test("whatever a record is and however little its topic takes, its letter is sent once or not at all", async () => {
  const bytes = fc.uint8Array({ maxLength: 3_000 });
  await fc.assert(fc.asyncProperty(
    fc.record({
      key: bytes,
      value: bytes,
      headers: fc.array(fc.tuple(fc.string({ maxLength: 20 }), bytes), {
        maxLength: 3,
      }),
    }, { requiredKeys: [] }),
    fc.integer({ min: 0, max: 8_000 }),
    async (record, maxBytes) => {
      const { sent, send } = topicOf(maxBytes);
      const omitted = await sendFitting({ record, why: WHY }, send);
      assert.equal(sent.length, omitted === undefined ? 0 : 1);
      // Headers that say why, and a key of a kilobyte at most.
      if (maxBytes > 1_500) assert.notEqual(omitted, undefined);
      const [letter] = sent;
      if (letter === undefined) return;
      const isWhole = omitted?.length === 0;
      assert.equal(
        isWhole,
        letter.record.headers?.length ===
          (record.headers?.length ?? 0) + 1,
      );
      if (!omitted?.includes("value")) {
        assert.equal(letter.record.value, record.value);
      }
    },
  ));
});

Deno.test("a time that the topic does not take is left out, in whichever form", async () => {
  const { sent, send } = topicOf(1_000);
  const omitted = await sendFitting(
    { record: { value: randomBytes(5_000), timestamp: 5n }, why: WHY },
    (record, how) =>
      record.timestamp === undefined
        ? send(record, how)
        : Promise.reject(refusal("INVALID_TIMESTAMP")),
  );
  assert.deepEqual(omitted, ["value"]);
  assert.equal(sent[0]?.record.timestamp, undefined);
});

Deno.test("a topic that takes no such record ever has no letter; what is not the letter's fault is thrown", async () => {
  const send = (error: Error) =>
    sendFitting({ record: {}, why: WHY }, () => Promise.reject(error));
  for (
    const error of [
      refusal("INVALID_RECORD"),
      refusal("INVALID_TOPIC_EXCEPTION"),
      refusal("MESSAGE_TOO_LARGE"),
      refusal("RECORD_LIST_TOO_LARGE"),
      new InvalidTopicError("No topic"),
      new MessageTooLargeError("Too large"),
    ]
  ) {
    assert.equal(await send(error), undefined);
  }
  for (
    const error of [
      refusal("TOPIC_AUTHORIZATION_FAILED"),
      refusal("UNKNOWN_TOPIC_OR_PARTITION"),
      refusal("INVALID_TIMESTAMP"),
      new DeliveryError("Time is up"),
      new Error("Else"),
    ]
  ) {
    await assert.rejects(send(error), error);
  }
});

import assert from "node:assert/strict";
import type { Result } from "../../lib/core/outcome.ts";
import type { DeadLetter } from "../../lib/eventstream/dead_letter.ts";
import {
  createEventStream,
  type EventStream,
  type RecordCallback,
} from "../../lib/eventstream/mod.ts";
import { recordLog } from "../_support/log.ts";
import { createFakeKafka } from "./_fake_kafka.ts";

const PLACE = { topic: "topic", partition: 0 };

/** Subscribes to a topic with one event, and waits until that is committed. */
async function consume(
  subscribe: (
    stream: EventStream,
    options: Parameters<EventStream["subscribe"]>[0],
  ) => AsyncDisposable,
) {
  const kafka = createFakeKafka();
  kafka.addTopic(PLACE.topic, 1);
  kafka.append(PLACE, [{
    value: new TextEncoder().encode('{"id":"1","name":"a"}'),
  }]);
  const letters: DeadLetter[] = [];
  const outcomes: string[] = [];
  const committed = Promise.withResolvers<void>();
  const log = recordLog();
  await using stream = createEventStream({
    stream: "kafka",
    brokers: ["kafka:9092"],
    port: () => Promise.resolve(kafka.port),
    log,
    observer: {
      consumed: ({ outcome }) => void outcomes.push(outcome),
      committed: () => committed.resolve(),
    },
  });
  await using _subscription = subscribe(stream, {
    topic: PLACE.topic,
    groupId: "group",
    retry: { baseDelay: 1, maxDelay: 1 },
    deadLetter: (letter) => Promise.resolve(void letters.push(letter)),
  });
  (await kafka.joined(1)).assign([PLACE]);
  await committed.promise;
  assert.equal(kafka.committed.get("topic:0"), 1n);
  return { outcomes, letters, lines: log.lines };
}

const raw = (callback: RecordCallback) =>
  consume((stream, options) =>
    stream.subscribe({ ...options, raw: true }, callback)
  );

Deno.test("a raw callback may return what its app made of a record", async () => {
  const results: readonly (readonly [Result, string])[] = [
    [{ outcome: "handled", reason: "handled" }, "handled"],
    [{ outcome: "skipped", reason: "skipped" }, "skipped"],
    // The app has kept its dead letter.
    [{ outcome: "rejected", reason: "bad_event" }, "handled"],
  ];
  for (const [result, wanted] of results) {
    for (const returned of [result, Promise.resolve(result)]) {
      const { outcomes, letters, lines } = await raw(() => returned);
      assert.deepEqual([outcomes, letters, lines], [[wanted], [], []]);
    }
  }
});

Deno.test("a raw callback that returns a failure gets the record again", async () => {
  const failed: Result = {
    outcome: "failed",
    reason: "bug",
    error: new Error(),
  };
  let calls = 0;
  const { outcomes, lines } = await raw(() =>
    Promise.resolve(++calls < 3 ? failed : undefined)
  );
  assert.deepEqual([calls, outcomes], [3, ["handled"]]);
  for (const { fields } of lines) {
    assert.deepEqual([fields.outcome, fields.reason], ["failed", "bug"]);
  }
});

Deno.test("what a callback for events returns means nothing", async () => {
  for (const returned of [5, null, "skipped", { outcome: "failed" }]) {
    for (const value of [returned, Promise.resolve(returned)]) {
      const { outcomes } = await consume((stream, options) =>
        stream.subscribe(
          { ...options, raw: false },
          () => value as unknown as void,
        )
      );
      assert.deepEqual(outcomes, ["handled"], JSON.stringify(returned));
    }
  }
});

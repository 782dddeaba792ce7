import assert from "node:assert/strict";
import { createEventStream } from "../../lib/eventstream/mod.ts";
import { createFakeKafka } from "./_fake_kafka.ts";
import { recordsFrom, TOPIC } from "./_records.ts";

Deno.test("the lag is 0 once all is done, though nothing more comes", async () => {
  const kafka = createFakeKafka();
  kafka.addTopic(TOPIC, 1);
  const lags: number[] = [];
  const isOver = Promise.withResolvers<void>();
  await using stream = createEventStream({
    stream: "kafka",
    brokers: ["kafka:9092"],
    port: () => Promise.resolve(kafka.port),
    observer: {
      lag({ records }) {
        lags.push(records);
        if (records === 0) isOver.resolve();
      },
    },
  });
  const place = { topic: TOPIC, partition: 0 };
  kafka.append(place, recordsFrom(0, 3));
  stream.subscribe({ topic: TOPIC, groupId: "g" }, () => {});
  (await kafka.joined(1)).assign([place]);
  await isOver.promise;
  assert.deepEqual([lags[0], lags.at(-1)], [3, 0]);
});

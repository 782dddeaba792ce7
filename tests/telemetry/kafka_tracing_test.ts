import assert from "node:assert/strict";
import type { StreamRecord } from "../../lib/eventstream/record.ts";
import { on } from "../../mod.ts";
import { LOGGED_IN } from "../conformance/_events.ts";
import { createFakeKafka } from "../eventstream/_fake_kafka.ts";
import { loginText } from "../kafka/_source.ts";
import { startTracedService } from "./_traced_service.ts";
import { startCollector } from "./_zipkin_collector.ts";
import { PATIENCE } from "../_support/patience.ts";

const TRACE_ID = "463ac35c9f6413ad48485a3953bb6124";
const SPAN_ID = "a2fb4a1d1a96d312";
const TOPIC = "userAuthentication";
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function textOf(record: StreamRecord | undefined, name: string): string {
  return decoder.decode(
    record?.headers.find(([each]) => each === name)?.[1],
  );
}

Deno.test("an event from Kafka is a consumer's span below its producer's, and what it publishes a producer's below it", async () => {
  await using collector = startCollector();
  const kafka = createFakeKafka();
  kafka.addTopic(TOPIC, 1);
  await using traced = await startTracedService({
    config: {
      otelZipkinEndpoint: collector.url,
      sources: ["grpc", "kafka"],
      kafkaBrokers: ["kafka:9092"],
    },
    kafkaPort: () => Promise.resolve(kafka.port),
    handlers: [on(LOGGED_IN, async (_event, ctx) => {
      await ctx.eventStream.publish("shop.orders", { name: "orderPaid" });
    })],
  });
  const place = { topic: TOPIC, partition: 0 };
  (await kafka.joined(1)).assign([place]);
  kafka.append(place, [{
    value: encoder.encode(
      loginText("e1", { namespace: traced.emulator.namespace }),
    ),
    headers: [[
      "traceparent",
      encoder.encode(`00-${TRACE_ID}-${SPAN_ID}-01`),
    ]],
  }]);
  const end = Date.now() + PATIENCE;
  while (kafka.committed.get(`${TOPIC}:0`) !== 1n) {
    assert.ok(Date.now() < end);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await traced.service.drain();
  const event = await collector.span(({ name }) => name === LOGGED_IN);
  const sent = await collector.span(({ name }) => name === "send shop.orders");
  assert.deepEqual(
    [event.traceId, event.parentId, event.kind],
    [TRACE_ID, SPAN_ID, "CONSUMER"],
  );
  assert.deepEqual(
    [sent.traceId, sent.parentId, sent.kind],
    [TRACE_ID, event.id, "PRODUCER"],
  );
  assert.equal(event.tags["messaging.destination.name"], TOPIC);
  assert.equal(event.tags["event.source"], "kafka");
  assert.equal(event.tags["rpc.method"], undefined);
  assert.deepEqual(sent.tags, {
    "messaging.system": "kafka",
    "messaging.operation.type": "send",
    "messaging.operation.name": "send",
    "messaging.destination.name": "shop.orders",
    "cloudevents.event_type": "shop.orders.orderPaid",
  });
  const [record] = kafka.records({ topic: "shop.orders", partition: 0 });
  const traceparent = `00-${TRACE_ID}-${sent.id}-01`;
  assert.equal(textOf(record, "traceparent"), traceparent);
  const envelope = JSON.parse(decoder.decode(record?.value));
  assert.deepEqual(
    [envelope.traceId, envelope.spanContext],
    [TRACE_ID, traceparent],
  );
  const [line] = traced.log.lines.filter(({ message }) =>
    message === "Event handled"
  );
  assert.equal(line?.fields.traceID, TRACE_ID);
});

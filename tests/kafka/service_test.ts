/**
 * The whole service with a Kafka in memory.
 */

import assert from "node:assert/strict";
import { findEvent, makeEvent } from "../../dev/event_source.ts";
import { connect } from "../../dev/event_client.ts";
import { streamRecord } from "../../dev/stream_event.ts";
import { grpcSource } from "../../lib/grpc/definition.ts";
import { kafkaSourceOf } from "../../lib/kafka/definition.ts";
import type { Config } from "../../lib/core/config.ts";
import { AppError } from "../../lib/core/errors.ts";
import type { StreamRecord } from "../../lib/eventstream/record.ts";
import { type Service, startService } from "../../lib/service.ts";
import { type Handler, on, TerminalError } from "../../mod.ts";
import { testConfig } from "../_support/config.ts";
import { recordLog } from "../_support/log.ts";
import { PROTO_FOLDER } from "../grpc/_fixture.ts";
import { parseExposition } from "../telemetry/_exposition.ts";
import { createFakeKafka, type FakeKafka } from "../eventstream/_fake_kafka.ts";
import { PATIENCE } from "../_support/patience.ts";

const GROUP_EVENT = "group.groupCreated";
const LOGIN = "userAuthentication.userLoggedIn";
const decoder = new TextDecoder();

interface World extends AsyncDisposable {
  readonly kafka: FakeKafka;
  readonly service: Service;
  /** Gives it all partitions. */
  join(): Promise<void>;
  /** Waits until so many records of a topic are committed. */
  committed(topic: string, count: number): Promise<void>;
  ask(path: string): Promise<string>;
}

async function startWorld(
  handlers: readonly Handler[],
  config: Partial<Config> = {},
): Promise<World> {
  const kafka = createFakeKafka();
  const topics = ["stage.userAuthentication", "stage.group"];
  for (const topic of topics) kafka.addTopic(topic, 1);
  const service = await startService({
    config: testConfig({
      sources: ["grpc", "kafka"],
      kafkaBrokers: ["kafka:9092"],
      kafkaTopicPrefix: "stage",
      ...config,
    }),
    handlers,
    protoFolder: PROTO_FOLDER,
    log: recordLog(),
    sources: [
      grpcSource,
      kafkaSourceOf({ port: () => Promise.resolve(kafka.port) }),
    ],
    kafkaPort: () => Promise.resolve(kafka.port),
  });
  return {
    kafka,
    service,
    async join() {
      const member = await kafka.joined(1);
      member.assign(topics.map((topic) => ({ topic, partition: 0 })));
    },
    async committed(topic, count) {
      const end = Date.now() + PATIENCE;
      while ((kafka.committed.get(`${topic}:0`) ?? 0n) < BigInt(count)) {
        if (Date.now() > end) throw new Error(`${count} were not committed`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async ask(path) {
      const url = `http://127.0.0.1:${service.metricsPort}${path}`;
      return await (await fetch(url)).text();
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

function sampleOf(type: string) {
  const event = findEvent(PROTO_FOLDER, type);
  const { bytes } = makeEvent(event, {
    namespace: "test-namespace",
    json: undefined,
    sets: [],
    isOneOfMany: false,
  });
  return { event, bytes, ...streamRecord(event, bytes) };
}

for (const type of [LOGIN, GROUP_EVENT]) {
  Deno.test(`${type} that comes over gRPC and from Kafka is handled once, and is the same by both`, async () => {
    const events: unknown[] = [];
    await using world = await startWorld([
      on(type as typeof LOGIN, (event) => void events.push(event)),
    ]);
    await world.join();
    const { event, bytes, topic, record } = sampleOf(type);
    world.kafka.append({ topic: `stage.${topic}`, partition: 0 }, [record]);
    await world.committed(`stage.${topic}`, 1);
    using client = connect(`localhost:${world.service.portOf("grpc")}`);
    const { status } = await client.send(event.path, bytes, 10_000);
    assert.equal(status, "OK");
    assert.equal(events.length, 1);
    const { value } = parseExposition(await world.ask("/metrics"));
    const count = (source: string, outcome: string) =>
      value(
        `events_total{type="${type}",source="${source}",outcome="${outcome}"}`,
      );
    assert.equal(count("kafka", "handled"), 1);
    assert.equal(count("grpc", "duplicate"), 1);
    assert.equal(
      value(
        `eventstream_consumed_total{topic="stage.${topic}",outcome="handled"}`,
      ),
      1,
    );
    // Another process, which has no memory of it, sees it by gRPC alone.
    const again: unknown[] = [];
    await using other = await startWorld([
      on(type as typeof LOGIN, (event) => void again.push(event)),
    ]);
    using otherClient = connect(`localhost:${other.service.portOf("grpc")}`);
    await otherClient.send(event.path, bytes, 10_000);
    assert.deepEqual(again, events);
  });
}

Deno.test("what a handler publishes is on its topic when its event is done", async () => {
  await using world = await startWorld([
    on(LOGIN, async (event, ctx) => {
      await ctx.eventStream.publish("shop.orders", {
        name: "orderPaid",
        payload: { login: event.id },
      });
    }),
  ]);
  await world.join();
  const { id, record } = sampleOf(LOGIN);
  const topic = "stage.userAuthentication";
  world.kafka.append({ topic, partition: 0 }, [record]);
  await world.committed(topic, 1);
  const [{ value } = assert.fail()] = world.kafka.records({
    topic: "stage.shop.orders",
    partition: 0,
  });
  const published = JSON.parse(decoder.decode(value));
  assert.deepEqual(
    [published.name, published.namespace, published.payload],
    ["orderPaid", "test-namespace", { login: id }],
  );
});

Deno.test("dead letters of both sources go to topics, with what arrived", async () => {
  await using world = await startWorld([
    on(LOGIN, () => {
      throw new TerminalError("Never");
    }),
  ], { deadLetter: "kafka:dlq" });
  await world.join();
  const byKafka = sampleOf(LOGIN);
  const topic = "stage.userAuthentication";
  const headers = [["traceparent", new Uint8Array([1])]] as const;
  world.kafka.append({ topic, partition: 0 }, [{ ...byKafka.record, headers }]);
  await world.committed(topic, 1);
  const byGrpc = sampleOf(LOGIN);
  using client = connect(`localhost:${world.service.portOf("grpc")}`);
  await client.send(byGrpc.event.path, byGrpc.bytes, 10_000);
  const letters = world.kafka.records({ topic: `${topic}.dlq`, partition: 0 });
  const textOf = ({ headers }: StreamRecord, name: string) =>
    decoder.decode(headers.find(([each]) => each === name)?.[1]);
  assert.deepEqual(
    letters.map((each) => [
      each.value && new Uint8Array(each.value),
      decoder.decode(each.key),
      textOf(each, "dlq-transport"),
      textOf(each, "dlq-reason"),
      textOf(each, "dlq-error"),
      textOf(each, "dlq-group"),
      textOf(each, "dlq-offset"),
    ]),
    [
      [
        byKafka.record.value,
        byKafka.id,
        "kafka",
        "rejected",
        "TerminalError: Never",
        "stage.test-client",
        "0",
      ],
      [
        new Uint8Array(byGrpc.bytes),
        byGrpc.id,
        "grpc",
        "rejected",
        "TerminalError: Never",
        "stage.test-client",
        "",
      ],
    ],
  );
  assert.deepEqual(letters[0]?.headers[0], headers[0]);
});

Deno.test("/readyz says so while the group is not joined", async () => {
  await using world = await startWorld([on(LOGIN, () => {})]);
  await world.kafka.joined(1);
  assert.equal(await world.ask("/readyz"), "Kafka group is not joined\n");
  await world.join();
  const end = Date.now() + PATIENCE;
  // No AGS answers in this test.
  while (await world.ask("/readyz") !== "AGS login is not available\n") {
    assert.ok(Date.now() < end);
  }
});

Deno.test("draining leaves the group when the event at hand is done", async () => {
  const begun = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  await using world = await startWorld([
    on(LOGIN, async () => {
      begun.resolve();
      await go.promise;
    }),
  ]);
  await world.join();
  const topic = "stage.userAuthentication";
  const { record } = sampleOf(LOGIN);
  world.kafka.append({ topic, partition: 0 }, [record, record]);
  await begun.promise;
  const drained = world.service.drain();
  go.resolve();
  await drained;
  assert.equal(world.kafka.committed.get(`${topic}:0`), 1n);
  assert.equal(world.kafka.members[0]?.isClosed, true);
});

Deno.test("without a handler of events that come by Kafka the source does not start", async () => {
  await assert.rejects(
    startWorld([on("asyncMessaging.orders", () => {})]),
    (error) =>
      error instanceof AppError && /event from Kafka/.test(error.message),
  );
});

Deno.test("without the Kafka source nothing is read, and handlers can publish", async () => {
  await using world = await startWorld([
    on(LOGIN, async (_event, ctx) => {
      await ctx.eventStream.publish("out", { name: "done" });
    }),
  ], { sources: ["grpc"] });
  assert.deepEqual(
    world.service.endpoints.map(({ label }) => label),
    ["gRPC"],
  );
  const { event, bytes } = sampleOf(LOGIN);
  using client = connect(`localhost:${world.service.portOf("grpc")}`);
  const { status } = await client.send(event.path, bytes, 10_000);
  assert.equal(status, "OK");
  assert.equal(world.kafka.members.length, 0);
  const out = world.kafka.records({ topic: "stage.out", partition: 0 });
  assert.equal(out.length, 1);
});

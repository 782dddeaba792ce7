/**
 * The service as a process that takes events from a real broker.
 */

import assert from "node:assert/strict";
import { kafkaAdmin } from "../../dev/kafka_cluster/admin.ts";
import { agsId, eventBytes, LOGGED_IN, PATHS } from "../conformance/_events.ts";
import { environment } from "../conformance/_world.ts";
import { run, tempFolder, tool } from "../dev/_run.ts";
import { makeCorner, players, ready } from "./_kafka_corner.ts";
import { kafkaTests } from "./_kafka_tests.ts";
import { type Replica, startReplica } from "./_service.ts";
import { until } from "./_until.ts";

const test = kafkaTests();

function outcomes({ target }: Replica): readonly string[] {
  return target.stdout.flatMap((line) => {
    const { message, source, outcome } = JSON.parse(line);
    return String(message).startsWith("Event ") && source !== undefined
      ? [`${source} ${outcome}`]
      : [];
  });
}

test("the service takes events from Kafka and over gRPC, and does once what comes by both", async (kafkaTest) => {
  await using corner = await makeCorner(kafkaTest);
  const { emulator } = corner;
  await using service = await startReplica(emulator, corner.env);
  await ready(service);
  const [byKafka = "", byGrpc = "", byBoth = ""] = players(3);
  const id = agsId();
  await corner.publish(byKafka);
  await corner.publish(byBoth, id);
  await corner.granted([byKafka, byBoth]);
  for (const [userId, own] of [[byGrpc, agsId()], [byBoth, id]] as const) {
    const bytes = eventBytes(emulator.namespace, { userId, id: own });
    const { status } = await service.client.send(
      PATHS[LOGGED_IN],
      bytes,
      10_000,
    );
    assert.equal(status, "OK");
  }
  assert.deepEqual(
    [byKafka, byGrpc, byBoth].map(corner.grants),
    [1, 1, 1],
  );
  await service.target.logged(({ source, outcome }) =>
    source === "grpc" && outcome === "duplicate"
  );
  const ended = outcomes(service);
  assert.ok(ended.includes("kafka handled"), ended.join());
  // The first event of all, which has another namespace.
  assert.ok(ended.includes("kafka skipped"), ended.join());
  assert.deepEqual(service.target.stderr, []);
});

test("without the gRPC source its port is closed, and events are handled", async (kafkaTest) => {
  await using corner = await makeCorner(kafkaTest);
  await using service = await startReplica(corner.emulator, {
    ...corner.env,
    SOURCES: "kafka",
  });
  await ready(service);
  const [player = ""] = players(1);
  await corner.publish(player);
  await corner.granted([player]);
  const { grpcPort: port } = service.target;
  await assert.rejects(
    Deno.connect({ hostname: "127.0.0.1", port }),
    Deno.errors.ConnectionRefused,
  );
});

test("on SIGTERM the service ends the event at hand, commits it, and exits 0; another goes on behind it", async (kafkaTest) => {
  await using corner = await makeCorner(kafkaTest);
  const { emulator } = corner;
  await using first = await startReplica(emulator, corner.env);
  await ready(first);
  emulator.faults.set([{
    kind: "latency",
    ms: 100,
    match: { path: "/platform/v3" },
  }]);
  const all = players(60);
  await Promise.all(all.map((userId) => corner.publish(userId)));
  await until(
    "a grant",
    () => emulator.journal.counters.grants > 0 || undefined,
  );
  const started = performance.now();
  first.target.signal("SIGTERM");
  assert.deepEqual(await first.target.exited, { code: 0, signal: null });
  assert.ok(performance.now() - started < 10_000);
  const done = outcomes(first).filter((each) => each === "kafka handled");
  const left = all.filter((userId) => corner.grants(userId) === 0);
  assert.ok(left.length > 0, "all were handled before the signal");
  assert.equal(done.length, all.length - left.length);
  emulator.faults.clear();
  // Nothing is remembered there: what comes again would be granted again by v1.
  await using second = await startReplica(emulator, {
    ...corner.env,
    FULFILLMENT_API: "v1",
  });
  await corner.granted(all);
  assert.deepEqual(all.map(corner.grants), all.map(() => 1));
  const handled = () =>
    outcomes(second).filter((each) => each === "kafka handled").length;
  // AGS knows of the last grants before the log does.
  await until("the log", () => handled() >= left.length || undefined);
  assert.equal(handled(), left.length);
});

test("two processes in one group share the load; after kill -9 of one nothing is lost and nothing done twice", async (kafkaTest) => {
  await using corner = await makeCorner(kafkaTest);
  const { emulator } = corner;
  const env = {
    ...corner.env,
    IDEMPOTENCY_STORE: "cloudsave",
    IDEMPOTENCY_LEASE: "2s",
  };
  await using one = await startReplica(emulator, env);
  await using two = await startReplica(emulator, env);
  await Promise.all([ready(one), ready(two)]);
  await until("a share for each", () =>
    // Joining took the first one's partitions in part: it logs nothing of that.
    outcomes(one).length + outcomes(two).length > 0 || undefined);
  const before = players(80);
  await Promise.all(before.map((userId) => corner.publish(userId)));
  await corner.granted(before);
  const shares = [one, two].map((each) =>
    outcomes(each).filter((outcome) => outcome === "kafka handled").length
  );
  assert.ok(shares.every((share) => share > 0), `shares ${shares}`);
  emulator.faults.set([{
    kind: "latency",
    ms: 50,
    match: { path: "/platform/v3" },
  }]);
  const after = players(80);
  await Promise.all(after.map((userId) => corner.publish(userId)));
  await until(
    "a grant",
    () => after.some((userId) => corner.grants(userId) > 0) || undefined,
  );
  one.target.signal("SIGKILL");
  await corner.granted(after);
  const all = [...before, ...after];
  assert.deepEqual(all.map(corner.grants), all.map(() => 1));
});

test("dead letters in topics are listed and replayed, and what is no event is one, too", async (kafkaTest) => {
  await using corner = await makeCorner(kafkaTest);
  const { emulator } = corner;
  const env = { ...corner.env, DEAD_LETTER: "kafka:dlq" };
  const [player = ""] = players(1);
  {
    await using service = await startReplica(emulator, {
      ...env,
      ITEM_ID_TO_GRANT: "no-such-item",
    });
    await ready(service);
    await corner.publish(player, "the-event");
    const nonsense = new TextEncoder().encode("{nonsense");
    await corner.stream.sendRecord("userAuthentication", { value: nonsense });
    for (const type of ["userAuthentication", LOGGED_IN]) {
      await service.target.logged(({ eventType, outcome }) =>
        eventType === type && outcome === "rejected"
      );
    }
    service.target.signal("SIGTERM");
    await service.target.exited;
  }
  await using folder = await tempFolder();
  const deadLetters = (...args: string[]) =>
    run(tool("dev/dead_letters.ts", [...args, "--kafka"]), {
      cwd: folder.path,
      env: { ...environment(emulator), ...env },
    });
  const listed = await deadLetters("list", "--json");
  assert.equal(listed.stderr, "");
  const letters = listed.stdout.trim().split("\n").map((line) =>
    JSON.parse(line)
  );
  const of = (id: RegExp) => letters.find(({ event }) => id.test(event.id));
  const rejected = of(/^the-event$/);
  assert.deepEqual(
    [rejected?.event.type, rejected?.outcome, rejected?.source],
    [LOGGED_IN, "rejected", "kafka"],
  );
  assert.equal(rejected?.error[0].name, "AgsError");
  const undecodable = of(/^sha256-/);
  const bytes = Uint8Array.fromBase64(undecodable?.bytes);
  assert.equal(new TextDecoder().decode(bytes), "{nonsense");
  assert.equal(letters.length, 2);

  await using service = await startReplica(emulator, env);
  await ready(service);
  const replayed = await deadLetters("replay", "--id", "the-event");
  assert.deepEqual([replayed.stdout, replayed.code], ["published: 1\n", 0]);
  await corner.granted([player]);
  const after = await deadLetters("list");
  assert.match(after.stdout, /\n1 event, 1 replayed before\n$/);
  assert.equal(corner.grants(player), 1);
});

test("`deno task send --kafka` publishes as AGS does", async (kafkaTest) => {
  await using corner = await makeCorner(kafkaTest);
  const { emulator, env } = corner;
  await using service = await startReplica(emulator, env);
  await ready(service);
  await using folder = await tempFolder();
  const [player = ""] = players(1);
  const sent = await run(
    tool("dev/send.ts", [LOGGED_IN, "--kafka", "--set", `userId=${player}`]),
    { cwd: folder.path, env: { ...environment(emulator), ...env } },
  );
  assert.equal(sent.stderr, "");
  assert.match(sent.stdout, /^Published on \S+\.userAuthentication in /);
  await corner.granted([player]);
});

test("AGS says to come back in an hour: the event and what is behind it are done a minute later", async (kafkaTest) => {
  await using corner = await makeCorner(kafkaTest, { hasTopic: false });
  await using admin = kafkaAdmin(kafkaTest.kafka.brokers);
  await admin.createTopic(corner.topic, { partitions: 1 });
  const { emulator } = corner;
  await using service = await startReplica(emulator, corner.env);
  await ready(service);
  emulator.faults.set([{
    kind: "tooManyRequests",
    retryAfter: 3_600,
    times: 1,
    match: { path: "/platform/v3" },
  }]);
  const all = players(2);
  for (const player of all) await corner.publish(player);
  await service.target.logged(({ outcome }) => outcome === "failed");
  await until(
    "both grants",
    () => all.every((player) => corner.grants(player) === 1) || undefined,
    { patience: 120_000 },
  );
});

/**
 * Topics that are not what they were: deleted and created again, or with an end that
 * lies before what a group has committed. Nothing that is there is passed over.
 */

import assert from "node:assert/strict";
import { kafkaAdmin } from "../../dev/kafka_cluster/admin.ts";
import { newId } from "../../lib/eventstream/names.ts";
import { makeCorner, players, ready } from "./_kafka_corner.ts";
import { kafkaTests, PREFIX, QUICK } from "./_kafka_tests.ts";
import { startReplica } from "./_service.ts";
import { until } from "./_until.ts";

const kafkaTest = kafkaTests();

for (const groupProtocol of ["classic", "consumer"] as const) {
  kafkaTest(
    `a topic is deleted and created again while the service runs: all that comes then is handled (${groupProtocol})`,
    async (test) => {
      await using admin = kafkaAdmin(test.kafka.brokers);
      await using corner = await makeCorner(test);
      await using service = await startReplica(corner.emulator, {
        ...corner.env,
        KAFKA_GROUP_PROTOCOL: groupProtocol,
      });
      await ready(service);
      const before = players(40);
      for (const player of before) await corner.publish(player);
      await corner.granted(before);
      await admin.deleteTopic(corner.topic);
      await admin.createTopic(corner.topic);
      const after = players(10);
      for (const player of after) await corner.publish(player);
      await corner.granted(after);
      await admin.deleteTopic(corner.topic);
      await service.target.logged(({ message }) =>
        /Partition could not be read|partitions are unknown/.test(
          String(message),
        )
      );
      // More partitions, and some that are empty: none was there before.
      await admin.createTopic(corner.topic, { partitions: 6 });
      const last = players(12);
      for (const player of last) await corner.publish(player);
      await corner.granted(last);
      const all = [...before, ...after, ...last];
      assert.deepEqual(all.map(corner.grants), all.map(() => 1));
    },
  );
}

kafkaTest(
  "a group's offset is beyond the end: all that is there is handled",
  async (test) => {
    await using admin = kafkaAdmin(test.kafka.brokers);
    await using corner = await makeCorner(test, { hasTopic: false });
    await admin.createTopic(corner.topic);
    await admin.setOffsets(
      corner.group,
      corner.topic,
      [0, 1, 2, 3].map((partition) => ({ partition, offset: 1_000n })),
    );
    const before = players(5);
    for (const player of before) await corner.publish(player);
    await using service = await startReplica(corner.emulator, corner.env);
    await ready(service);
    await corner.granted(before);
    const after = players(5);
    for (const player of after) await corner.publish(player);
    await corner.granted(after);
    const all = [...before, ...after];
    assert.deepEqual(all.map(corner.grants), all.map(() => 1));
    await service.target.logged(({ message }) =>
      String(message).startsWith("Offset is beyond the partition's end")
    );
    await until("commits of what is there", async () => {
      const offsets = await admin.offsets(corner.group, corner.topic);
      return offsets.every(({ offset }) => offset < 1_000n) || undefined;
    });
  },
);

kafkaTest(
  "a group's offset is of a topic that was deleted, and the new one has more: all of the new one is handled",
  async (test) => {
    await using admin = kafkaAdmin(test.kafka.brokers);
    await using corner = await makeCorner(test, { hasTopic: false });
    await admin.createTopic(corner.topic, { partitions: 1 });
    const before = players(5);
    for (const player of before) await corner.publish(player);
    {
      await using service = await startReplica(corner.emulator, corner.env);
      await ready(service);
      await corner.granted(before);
      service.target.signal("SIGTERM");
      await service.target.exited;
    }
    const offsets = await admin.offsets(corner.group, corner.topic);
    assert.deepEqual(offsets.map(({ offset }) => offset), [5n]);
    await admin.deleteTopic(corner.topic);
    await admin.createTopic(corner.topic, { partitions: 1 });
    const after = players(8);
    for (const player of after) await corner.publish(player);
    // Brokers forget offsets of topics that are deleted, but for commits that come later.
    await admin.setOffsets(corner.group, corner.topic, offsets);
    await using service = await startReplica(corner.emulator, corner.env);
    await ready(service);
    await corner.granted(after);
    const all = [...before, ...after];
    assert.deepEqual(all.map(corner.grants), all.map(() => 1));
  },
);

kafkaTest(
  "a group's offset of another cluster's topic counts, as long as it is there",
  async ({ kafka, stream, topic }) => {
    await using admin = kafkaAdmin(kafka.brokers);
    const name = topic();
    const full = `${PREFIX}.${name}`;
    const events = stream();
    await admin.createTopic(full, { partitions: 1 });
    for (const id of ["a", "b", "c"]) {
      await events.publishSync({ topic: name, name: "e", id });
    }
    const groupId = newId();
    const metadata = JSON.stringify({ clusterId: "other", topicId: "other" });
    await admin.setOffsets(`${PREFIX}.${groupId}`, full, [
      { partition: 0, offset: 2n, metadata },
    ]);
    const seen: string[] = [];
    events.subscribe({ ...QUICK, topic: name, groupId }, ({ id }) => {
      seen.push(id);
    });
    await until("an event", () => seen.length > 0 || undefined);
    assert.deepEqual(seen, ["c"]);
  },
);

kafkaTest(
  "a topic is created again while an event is at hand: what was read ends first, and then all of the new one comes, though it has more",
  async ({ kafka, stream, topic }) => {
    await using admin = kafkaAdmin(kafka.brokers);
    const name = topic();
    const full = `${PREFIX}.${name}`;
    const events = stream();
    await admin.createTopic(full, { partitions: 1 });
    const publish = (id: string) =>
      events.publishSync({ topic: name, name: "e", id });
    for (const id of ["a", "b", "c"]) await publish(id);
    const gate = Promise.withResolvers<void>();
    const seen: string[] = [];
    events.subscribe(
      { ...QUICK, topic: name, groupId: newId(), grace: 30_000 },
      async ({ id }) => {
        if (id === "b") await gate.promise;
        seen.push(id);
      },
    );
    await until("the first", () => seen.length > 0 || undefined);
    await admin.deleteTopic(full);
    await admin.createTopic(full, { partitions: 1 });
    const after = ["d", "e", "f", "g", "h"];
    for (const id of after) await publish(id);
    gate.resolve();
    await until("the last", () => seen.includes("h") || undefined);
    assert.deepEqual(seen.slice(0, 2), ["a", "b"]);
    assert.deepEqual(seen.slice(-after.length), after);
  },
);

kafkaTest(
  "a group of nobody else's reads a topic that is created again from its beginning",
  async ({ kafka, stream, topic }) => {
    await using admin = kafkaAdmin(kafka.brokers);
    const name = topic();
    const full = `${PREFIX}.${name}`;
    const events = stream();
    await admin.createTopic(full, { partitions: 2 });
    const seen: string[] = [];
    const subscription = events.subscribe(
      { ...QUICK, topic: name, offset: "latest" },
      ({ id }) => void seen.push(id),
    );
    await subscription.ready;
    await events.publishSync({ topic: name, name: "e", id: "a" });
    await until("the first", () => seen.length === 1 || undefined);
    await admin.deleteTopic(full);
    await admin.createTopic(full, { partitions: 1 });
    await events.publishSync({ topic: name, name: "e", id: "b" });
    await until("the second", () => seen.length === 2 || undefined);
    assert.deepEqual(seen, ["a", "b"]);
  },
);

kafkaTest(
  "a topic that is deleted stops no other topic of its subscription",
  async ({ kafka, stream, topic }) => {
    await using admin = kafkaAdmin(kafka.brokers);
    const [gone, stays] = [topic("gone"), topic("stays")];
    const events = stream();
    for (const each of [gone, stays]) {
      await admin.createTopic(`${PREFIX}.${each}`, { partitions: 1 });
    }
    const seen: string[] = [];
    events.subscribe(
      { ...QUICK, topic: [gone, stays], groupId: newId() },
      ({ id }) => void seen.push(id),
    );
    await events.publishSync({ topic: gone, name: "e", id: "a" });
    await events.publishSync({ topic: stays, name: "e", id: "b" });
    await until("both", () => seen.length === 2 || undefined);
    await admin.deleteTopic(`${PREFIX}.${gone}`);
    await events.publishSync({ topic: stays, name: "e", id: "c" });
    // Sooner than topics are looked at by themselves.
    await until("the third", () => seen.includes("c") || undefined, {
      patience: 120_000,
    });
  },
);

kafkaTest(
  "records that retention took are passed over, and those that are left are handled",
  async ({ kafka, stream, topic, log }) => {
    await using admin = kafkaAdmin(kafka.brokers);
    const name = topic();
    const full = `${PREFIX}.${name}`;
    const events = stream();
    await admin.createTopic(full, { partitions: 1 });
    for (const id of ["a", "b", "c", "d"]) {
      await events.publishSync({ topic: name, name: "e", id });
    }
    const groupId = newId();
    await admin.setOffsets(`${PREFIX}.${groupId}`, full, [
      { partition: 0, offset: 1n },
    ]);
    await admin.deleteRecords(full, { partition: 0, offset: 3n });
    const seen: string[] = [];
    events.subscribe({ ...QUICK, topic: name, groupId }, ({ id }) => {
      seen.push(id);
    });
    await until("the rest", () => seen.length > 0 || undefined);
    assert.deepEqual(seen, ["d"]);
    assert.ok(
      log.lines.some(({ message }) =>
        message === "Records were deleted before they were read"
      ),
    );
  },
);

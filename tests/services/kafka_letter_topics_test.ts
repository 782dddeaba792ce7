/**
 * Topics of letters that are not there, or that the service may not write to: that is
 * no fault of any event. All are held, and come through when the topic is mended.
 */

import assert from "node:assert/strict";
import { type KafkaAdmin, kafkaAdmin } from "../../dev/kafka_cluster/admin.ts";
import { players } from "./_kafka_corner.ts";
import { readAll, refusedWorld } from "./_kafka_letters.ts";
import { kafkaTests } from "./_kafka_tests.ts";
import { until } from "./_until.ts";

const kafkaTest = kafkaTests({
  properties: {
    "auto.create.topics.enable": "false",
    "authorizer.class.name":
      "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "true",
  },
});

for (
  const { what, hasTopic, breakIt, mendIt } of [
    {
      what: "is not there",
      hasTopic: false,
      breakIt: () => Promise.resolve(),
      mendIt: async (admin: KafkaAdmin, topic: string) => {
        await admin.createTopic(topic, { partitions: 1 });
      },
    },
    {
      what: "may not be written",
      hasTopic: true,
      breakIt: (admin: KafkaAdmin, topic: string) =>
        admin.forbidWriting(topic, true),
      mendIt: (admin: KafkaAdmin, topic: string) =>
        admin.forbidWriting(topic, false),
    },
  ]
) {
  kafkaTest(
    `a topic of letters ${what}: its events are held, and all of them come through when it is mended`,
    async (test) => {
      const { corner, start } = await refusedWorld(
        test,
        hasTopic ? {} : "no topic",
      );
      await using _ = corner;
      await using admin = kafkaAdmin(test.kafka.brokers);
      const topic = `${corner.topic}.dlq`;
      await breakIt(admin, topic);
      const letters = readAll(corner.stream, "userAuthentication.dlq");
      await using service = await start();
      const all = players(3);
      for (const player of all) await corner.publish(player);
      await service.target.logged(({ outcome }) => outcome === "failed");
      assert.deepEqual(await admin.offsets(corner.group, corner.topic), []);
      assert.deepEqual(letters, []);
      await mendIt(admin, topic);
      await until("three letters", () => letters.length >= 3 || undefined, {
        patience: 120_000,
      });
      await until("commits", async () => {
        const [place] = await admin.offsets(corner.group, corner.topic);
        return place?.offset === 3n || undefined;
      });
    },
  );
}

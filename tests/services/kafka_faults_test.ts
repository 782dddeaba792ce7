/**
 * Brokers and consumers that die, in a cluster of three: nothing is lost.
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { kafkaAdmin } from "../../dev/kafka_cluster/admin.ts";
import { newId } from "../../lib/eventstream/names.ts";
import type { KafkaCluster } from "./_kafka_cluster.ts";
import { countingObserver, kafkaTests, PREFIX, QUICK } from "./_kafka_tests.ts";
import { until } from "./_until.ts";

const kafkaTest = kafkaTests({ nodes: 3 });
const PATIENCE = { patience: 120_000 };

/** Publishes numbers one after the other, until it is stopped. */
function publishing(
  publish: (number: number) => Promise<void>,
): { readonly confirmed: number[]; stop(): Promise<void> } {
  const confirmed: number[] = [];
  let isStopped = false;
  async function run(first: number): Promise<void> {
    for (let number = first; !isStopped; number += LANES) {
      await publish(number);
      confirmed.push(number);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  const LANES = 8;
  const all = Promise.all(
    Array.from({ length: LANES }, (_, index) => run(index)),
  );
  all.catch(() => {});
  return {
    confirmed,
    async stop() {
      isStopped = true;
      await all;
    },
  };
}

async function killAndRestart(kafka: KafkaCluster, node: number) {
  await kafka.kill(node);
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  await kafka.restart(node);
}

kafkaTest(
  "brokers die and come back, one after the other: every confirmed event is handled, in order",
  async ({ kafka, stream, topic }) => {
    const observer = countingObserver();
    const events = stream({ observer });
    const name = topic();
    const seen = new Map<number, number>();
    const order = new Map<string, number[]>();
    events.subscribe({ ...QUICK, topic: name, groupId: newId() }, (event) => {
      const number = Number(event.payload?.["number"]);
      seen.set(number, (seen.get(number) ?? 0) + 1);
      order.set(event.key, [...order.get(event.key) ?? [], number]);
    });
    const publisher = stream();
    const load = publishing((number) =>
      publisher.publishSync({
        topic: name,
        name: "e",
        key: `k${number % 8}`,
        payload: { number },
      })
    );
    await until("a start", () => seen.size > 100 || undefined, PATIENCE);
    for (const node of [1, 2, 3]) {
      await killAndRestart(kafka, node);
      const before = load.confirmed.length;
      await until(
        "more",
        () => load.confirmed.length > before + 50 || undefined,
        PATIENCE,
      );
    }
    await load.stop();
    await until(
      "all confirmed events",
      () => load.confirmed.every((number) => seen.has(number)) || undefined,
      PATIENCE,
    );
    const lost = load.confirmed.filter((number) => !seen.has(number));
    assert.deepEqual(lost, []);
    assert.equal(observer.counts.get("dead"), undefined);
    for (const numbers of order.values()) {
      const firsts = [...new Set(numbers)];
      assert.deepEqual(firsts, firsts.toSorted((a, b) => a - b));
    }
  },
);

kafkaTest(
  "a consumer is killed: what it had not done is done by another",
  async ({ kafka, stream, topic }) => {
    const events = stream({ prefix: "" });
    const name = topic();
    const groupId = newId();
    const count = 3_000;
    for (let number = 0; number < count; number++) {
      const key = `k${number}`;
      events.publish({ topic: name, name: "e", key, payload: { number } });
    }
    const member = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "-A",
        fileURLToPath(new URL("testdata/kafka_member.ts", import.meta.url)),
        kafka.brokers.join(","),
        name,
        groupId,
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    let output = "";
    for await (
      const chunk of member.stdout.pipeThrough(new TextDecoderStream())
    ) {
      output += chunk;
      // In the middle of its work, with commits on their way.
      if (output.length > 2_000) {
        member.kill("SIGKILL");
        break;
      }
    }
    await member.status;
    const done = new Set(output.split("\n").slice(0, -1).map(Number));
    assert.ok(done.size > 100 && done.size < count);
    let doubled = 0;
    events.subscribe({ ...QUICK, topic: name, groupId }, ({ payload }) => {
      const number = Number(payload?.["number"]);
      if (done.has(number)) doubled++;
      done.add(number);
    });
    await until("all events", () => done.size === count || undefined, PATIENCE);
    // What was done since the last commit comes again, and no more than that.
    assert.ok(doubled < 1_000, `${doubled} events came twice`);
  },
);

kafkaTest(
  "a leader that was behind cuts the log back: what is written from there on is handled, though its offsets were done",
  async ({ kafka, stream, topic, log }) => {
    await using admin = kafkaAdmin(kafka.brokers);
    const name = topic();
    await admin.createTopic(`${PREFIX}.${name}`, {
      partitions: 1,
      brokers: [1, 2],
      configs: {
        "unclean.leader.election.enable": "true",
        "min.insync.replicas": "1",
      },
    });
    const publisher = stream();
    const publish = async (first: number, end: number) => {
      for (let number = first; number < end; number++) {
        const payload = { number };
        await publisher.publishSync({ topic: name, name: "e", payload });
      }
    };
    const events = stream();
    const [stays, comesBack] = [newId(), newId()];
    const seen = new Map([stays, comesBack].map((id) => [id, new Set()]));
    const subscribe = (groupId: string) =>
      events.subscribe({ ...QUICK, topic: name, groupId }, ({ payload }) => {
        seen.get(groupId)?.add(payload?.["number"]);
      });
    const handled = (count: number) =>
      until(
        `${count} events in both groups`,
        () =>
          [...seen.values()].every(({ size }) => size === count) || undefined,
        PATIENCE,
      );
    subscribe(stays);
    const first = subscribe(comesBack);
    await publish(0, 10);
    await handled(10);
    await kafka.kill(2);
    await publish(10, 20);
    await handled(20);
    await first[Symbol.asyncDispose]();
    await kafka.kill(1);
    await kafka.restart(2);
    // Offsets 10 to 24: one group is at 20, and has committed that.
    await publish(20, 35);
    subscribe(comesBack);
    await handled(35);
    assert.ok(
      log.lines.some(({ message }) => message.startsWith("Log was truncated")),
    );
    await kafka.restart(1);
  },
);

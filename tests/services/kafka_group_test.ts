/**
 * Members that come and go under load, on a real broker: no event is lost, none is
 * delivered to who does not have its partition any more.
 */

import assert from "node:assert/strict";
import { newId } from "../../lib/eventstream/names.ts";
import type { SubscribeOptions } from "../../lib/eventstream/stream.ts";
import {
  countingObserver,
  type KafkaTest,
  kafkaTests,
  QUICK,
} from "./_kafka_tests.ts";
import { until } from "./_until.ts";

const kafkaTest = kafkaTests();

/** How long one event's work takes, in milliseconds. */
const WORK = 5;

/** Counts calls by event number, and those that should not have been. */
function load(
  { stream, topic }: KafkaTest,
  options: Partial<SubscribeOptions>,
) {
  const name = topic();
  const groupId = newId();
  const calls = new Map<number, number>();
  /** Calls begun for a partition that was not the member's. */
  const stale: number[] = [];
  /** Who began calls, by partition: each as often as it took over. */
  const takers = new Map<number, number[]>();
  let members = 0;
  /** Numbers by partition, in the order in which they were done. */
  const order = new Map<number, number[]>();
  const publisher = stream();
  return {
    calls,
    stale,
    takers,
    order,
    join() {
      const member = ++members;
      const observer = countingObserver();
      const subscription = stream({ observer }).subscribe(
        { ...QUICK, ...options, topic: name, groupId },
        async ({ payload, partition }) => {
          if (
            !subscription.partitions.some((own) => own.partition === partition)
          ) {
            stale.push(partition);
          }
          const taken = takers.get(partition) ?? [];
          if (taken.at(-1) !== member) {
            takers.set(partition, [...taken, member]);
          }
          const number = Number(payload?.["number"]);
          await new Promise((resolve) => setTimeout(resolve, WORK));
          calls.set(number, (calls.get(number) ?? 0) + 1);
          const done = order.get(partition) ?? [];
          order.set(partition, [...done, number]);
        },
      );
      return { subscription, observer };
    },
    publish(from: number, to: number) {
      for (let number = from; number < to; number++) {
        const key = `k${number % 16}`;
        publisher.publish({ topic: name, name: "e", key, payload: { number } });
      }
    },
    /** Waits until every event up to a number was done at least once. */
    done: (count: number) =>
      until(`${count} events`, () => calls.size === count || undefined, {
        patience: 120_000,
      }),
  };
}

for (const groupProtocol of ["classic", "consumer"] as const) {
  kafkaTest(
    `members join and leave a ${groupProtocol} group under load: nothing is lost, nothing stale`,
    async (test) => {
      const { calls, stale, takers, order, join, publish, done } = load(test, {
        groupProtocol,
      });
      const first = join();
      publish(0, 400);
      await until("a start", () => calls.size > 20 || undefined);
      const second = join();
      publish(400, 800);
      await second.subscription.ready;
      await until(
        "a share for both",
        () =>
          second.subscription.partitions.length === 2 &&
            first.subscription.partitions.length === 2 || undefined,
      );
      const third = join();
      publish(800, 1_200);
      await until(
        "a share for all three",
        () => third.subscription.partitions.length > 0 || undefined,
      );
      await second.subscription[Symbol.asyncDispose]();
      publish(1_200, 1_600);
      await until(
        "a share for two",
        () =>
          first.subscription.partitions.length +
                third.subscription.partitions.length === 4 || undefined,
      );
      await first.subscription[Symbol.asyncDispose]();
      publish(1_600, 2_000);
      await done(2_000);
      assert.equal(calls.size, 2_000);
      assert.deepEqual(stale, []);
      for (const [partition, taken] of takers) {
        // Four changes of members: whoever comes back more often never let go.
        assert.ok(
          taken.length <= 5,
          `partition ${partition}: ${taken.join(" ")}`,
        );
      }
      const doubled = [...calls.values()].filter((count) => count > 1).length;
      // Only what was at hand when its partition went to another may come twice.
      assert.ok(doubled <= 40, `${doubled} events came twice`);
      for (const [partition, numbers] of order) {
        const firsts = [...new Set(numbers)];
        assert.deepEqual(
          firsts,
          firsts.toSorted((a, b) => a - b),
          `partition ${partition} is out of order`,
        );
      }
    },
  );
}

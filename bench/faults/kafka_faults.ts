/**
 * The faults of the event stream.
 *
 * @module
 */

import type { FaultCase } from "./fault_case.ts";
import { BAD_EVERY } from "./numbers.ts";
import type { Store } from "./stores.ts";

/** Topics that are another, and letters that do not fit: the same for all stores. */
const isFor = ({ name }: Store) => name === "memory" || name === "redis";

/** Makes the faults; AGS refuses one event in a hundred by `refusals`. */
export function kafkaFaults(
  refusals: NonNullable<FaultCase["ags"]>,
): readonly FaultCase[] {
  const letters = (events: number) => Math.floor(events / BAD_EVERY);
  /** A topic of letters that takes the reasons, and not the event. */
  const letterTopic = { "max.message.bytes": "3000" };
  return [
    {
      name: "topic-recreated",
      title: "Kafka: the topic is deleted and created again, two times",
      kafka: { source: "kafka" },
      async disturb({ kafka, progress, hold, signal }) {
        for (const share of [0.3, 0.6]) {
          await progress(share);
          const release = hold();
          await kafka?.recreateTopic(signal);
          release();
        }
      },
      isFor,
    },
    {
      name: "offset-beyond-end",
      title: "Kafka: the group's offset is beyond the end",
      kafka: { source: "kafka", before: 0.5, offset: 1_000_000n },
      isFor,
    },
    {
      name: "letters-too-large",
      title: "Kafka: AGS refuses 1 % for good, letters do not fit their topic",
      kafka: { source: "kafka", letterTopic, filler: 5_000 },
      ags: refusals,
      letters,
      isFor,
    },
    {
      name: "letters-too-large-grpc",
      title: "AGS refuses 1 % for good, letters do not fit their topic",
      kafka: { source: "grpc", letterTopic, filler: 5_000 },
      ags: refusals,
      letters,
      isFor,
    },
  ];
}

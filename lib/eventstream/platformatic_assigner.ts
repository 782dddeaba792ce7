/**
 * Assigns a group's partitions to its members.
 *
 * @module
 */

import type { GroupPartitionsAssigner } from "@platformatic/kafka";

type Arguments = Parameters<GroupPartitionsAssigner>;

/**
 * Assigns partitions round-robin, each to a member that subscribed to its
 * topic. The library's own assigner assigns only the leader's topics, even to
 * members that did not subscribe to them.
 */
export function assignPartitions(
  _leader: Arguments[0],
  members: Arguments[1],
  _topics: Arguments[2],
  metadata: Arguments[3],
): ReturnType<GroupPartitionsAssigner> {
  const ids = [...members.keys()].sort();
  const result = new Map(
    ids.map((memberId) => [memberId, new Map<string, number[]>()]),
  );
  const subscribed = new Set(
    [...members.values()].flatMap(({ topics = [] }) => topics),
  );
  let turn = 0;
  for (const topic of [...subscribed].sort()) {
    const takers = ids.filter((id) => members.get(id)?.topics?.includes(topic));
    const count = metadata.topics.get(topic)?.partitionsCount ?? 0;
    for (let partition = 0; partition < count; partition++) {
      const taken = result.get(takers[turn++ % takers.length] ?? "");
      const partitions = taken?.get(topic);
      if (partitions === undefined) taken?.set(topic, [partition]);
      else partitions.push(partition);
    }
  }
  return [...result].map(([memberId, topics]) => ({
    memberId,
    assignments: new Map(
      [...topics].map(([topic, partitions]) => [topic, { topic, partitions }]),
    ),
  }));
}

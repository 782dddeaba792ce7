/**
 * A member of a group, as a process of its own that can be killed:
 * `kafka_member.ts <brokers> <topic> <group>`. Writes the number of each event that is
 * done as a line.
 *
 * @module
 */

import { createEventStream } from "../../../lib/eventstream/mod.ts";

const [brokers = "", topic = "", groupId = ""] = Deno.args;
const stream = createEventStream({
  stream: "kafka",
  brokers: brokers.split(","),
});
const encoder = new TextEncoder();
const subscription = stream.subscribe(
  { topic, groupId, sessionTimeout: 2_000, heartbeatInterval: 300 },
  async ({ payload }) => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    Deno.stdout.writeSync(encoder.encode(`${payload?.["number"]}\n`));
  },
);
await subscription.closed;

import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { startEmulator } from "../../dev/emulator/mod.ts";
import { REDIS, testWithTool } from "../conformance/_tools.ts";
import { CLIENT_SECRET } from "../conformance/_world.ts";
import { startRedis } from "./_redis.ts";
import { Batch } from "./_batch.ts";
import { startReplica } from "./_service.ts";
import { freePort } from "../../dev/free_port.ts";
import { PATIENCE } from "../_support/patience.ts";

const SIZE = 60;

async function testRedelivery(env: Record<string, string>): Promise<void> {
  await using emulator = await startEmulator({ clientSecret: CLIENT_SECRET });
  await using one = await startReplica(emulator, env);
  await using other = await startReplica(emulator, env);
  const batch = new Batch(emulator, SIZE);
  // At once to both, and the whole batch again.
  await Promise.all([
    batch.send(one, batch.players),
    batch.send(other, batch.players),
  ]);
  await batch.finish(one);
  const again = await batch.send(other, batch.players);
  assert.deepEqual(new Set(again), new Set(["OK"]));
  batch.assertGrantedOnce();
}

async function testKill(env: Record<string, string>): Promise<void> {
  await using emulator = await startEmulator({ clientSecret: CLIENT_SECRET });
  const settings = { ...env, FULFILLMENT_API: "v3", IDEMPOTENCY_LEASE: "2s" };
  await using one = await startReplica(emulator, settings);
  await using other = await startReplica(emulator, settings);
  const batch = new Batch(emulator, SIZE);
  emulator.faults.set([{
    kind: "latency",
    ms: 200,
    match: { path: "/platform/v3" },
  }]);
  const first = batch.send(one);
  const granted = () => emulator.journal.counters.grants;
  const end = Date.now() + PATIENCE;
  while (granted() === 0 && Date.now() < end) await delay(1);
  one.target.signal("SIGKILL");
  await first;
  assert.ok(batch.left.size > 0, "all were answered before the kill");
  await batch.finish(other);
  batch.assertGrantedOnce();
}

testWithTool(
  "two replicas on Redis grant once what both are sent",
  REDIS,
  async ({ command }) => {
    await using server = await startRedis(command);
    await testRedelivery({
      IDEMPOTENCY_STORE: `redis://127.0.0.1:${server.port}`,
    });
  },
);

Deno.test("two replicas on Cloud Save grant once what both are sent", async () => {
  await testRedelivery({ IDEMPOTENCY_STORE: "cloudsave" });
});

testWithTool(
  "what a killed replica was granting, another on Redis finishes with v3: nothing lost, nothing twice",
  REDIS,
  async ({ command }) => {
    await using server = await startRedis(command);
    await testKill({ IDEMPOTENCY_STORE: `redis://127.0.0.1:${server.port}` });
  },
);

Deno.test("what a killed replica was granting, another without a shared store finishes with v3: nothing lost, nothing twice", async () => {
  await testKill({ IDEMPOTENCY_STORE: "memory" });
});

testWithTool(
  "the service starts without its Redis, answers UNAVAILABLE, and serves when it comes",
  REDIS,
  async ({ command }) => {
    await using emulator = await startEmulator({ clientSecret: CLIENT_SECRET });
    const port = freePort();
    await using replica = await startReplica(emulator, {
      IDEMPOTENCY_STORE: `redis://:hush@127.0.0.1:${port}`,
    });
    const batch = new Batch(emulator, 3);
    const statuses = await batch.send(replica);
    assert.deepEqual(new Set(statuses), new Set(["UNAVAILABLE"]));
    assert.equal(emulator.journal.counters.grants, 0);
    await using _server = await startRedis(command, {
      port,
      args: ["--requirepass", "hush"],
    });
    await batch.finish(replica);
    batch.assertGrantedOnce();
    const { stdout, stderr } = replica.target;
    assert.doesNotMatch([...stdout, ...stderr].join("\n"), /hush/);
  },
);

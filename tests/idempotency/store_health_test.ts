import assert from "node:assert/strict";
import { createStoreHealth } from "../../lib/idempotency/store_health.ts";
import { faultyStore } from "../middleware/_idempotency.ts";

const CLAIM = { token: "a", lease: 60_000, ttl: 60_000 };

function setUp() {
  const world = { time: 1_000 };
  const health = createStoreHealth({ clock: () => world.time });
  const faulty = faultyStore();
  const store = health.watch(faulty);
  const claim = () => store.claim("k", CLAIM).catch(() => {});
  return { world, health, faulty, claim };
}

Deno.test("a store is away from the first failure to the next success", async () => {
  const { world, health, faulty, claim } = setUp();
  await claim();
  assert.equal(health.awayFor, 0);
  faulty.broken.add("claim");
  await claim();
  world.time += 5_000;
  await claim();
  world.time += 5_000;
  assert.equal(health.awayFor, 10_000);
  faulty.broken.clear();
  await claim();
  assert.equal(health.awayFor, 0);
});

Deno.test("a failure is forgotten when nobody asks the store for a minute", async () => {
  const { world, health, faulty, claim } = setUp();
  faulty.broken.add("claim");
  await claim();
  world.time += 59_999;
  assert.equal(health.awayFor, 59_999);
  world.time += 1;
  assert.equal(health.awayFor, 0);
});

Deno.test("a store whose connection is gone is away until it is there, asked or not", async () => {
  const { world, health, claim } = setUp();
  await claim();
  health.down();
  world.time += 600_000;
  assert.equal(health.awayFor, 600_000);
  health.up();
  assert.equal(health.awayFor, 0);
});

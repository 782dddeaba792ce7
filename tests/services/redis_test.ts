import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { IdempotencyStore } from "../../lib/core/idempotency_store.ts";
import {
  STORE_RULES,
  type StoreWorld,
} from "../../lib/idempotency/conformance.ts";
import {
  createRedisStore,
  type RedisStoreOptions,
} from "../../lib/idempotency/redis_store.ts";
import { RedisUrl } from "../../lib/config/redis_url.ts";
import {
  REDIS,
  REDIS_AND_OPENSSL,
  testWithTool,
} from "../conformance/_tools.ts";
import { replica } from "../middleware/_idempotency.ts";
import { makeCertificates, type RedisServer, startRedis } from "./_redis.ts";
import { freePort } from "../../dev/free_port.ts";
import { PATIENCE } from "../_support/patience.ts";

const TTL = 3_600_000;
const CLAIM = { token: "a", lease: 60_000, ttl: TTL };
const DONE = { token: "a", ending: "done", ttl: TTL } as const;

function storeAt(
  port: number,
  options: Partial<RedisStoreOptions> = {},
): IdempotencyStore {
  return createRedisStore({
    url: new RedisUrl(`redis://127.0.0.1:${port}`),
    prefix: "test:",
    ...options,
  });
}

/** Asks until the store answers: a connection comes back when it does. */
async function eventually<T>(ask: () => Promise<T>): Promise<T> {
  const end = Date.now() + PATIENCE;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > end) throw error;
      await delay(10);
    }
  }
}

testWithTool(
  "Redis store: keeps every rule of the suite",
  REDIS,
  async ({ command }) => {
    await using server = await startRedis(command);
    let worlds = 0;
    async function openWorld(): Promise<StoreWorld> {
      const prefix = `world-${worlds++}:`;
      const stores = await Promise.all(
        [1, 2].map(() => storeAt(server.port, { prefix })),
      );
      const [one, other] = stores;
      assert.ok(one && other);
      return {
        one,
        other,
        pass: (milliseconds) => delay(milliseconds),
        async [Symbol.asyncDispose]() {
          for (const store of stores) await store[Symbol.asyncDispose]();
        },
      };
    }
    for (const { name, check } of STORE_RULES) {
      await check(openWorld).catch((cause) => {
        throw new Error(`Rule is broken: ${name}`, { cause });
      });
    }
  },
);

testWithTool(
  "Redis store: everything it writes has an end and its own prefix",
  REDIS,
  async ({ command }) => {
    await using server = await startRedis(command);
    await using store = storeAt(server.port);
    await store.claim("run", CLAIM);
    await store.claim("done", CLAIM);
    await store.complete("done", DONE);
    const claim = await store.claim("failed", CLAIM);
    assert.ok(claim.state === "claimed");
    await store.release("failed", { ...CLAIM, tally: claim.tally });
    const { Redis } = await import("ioredis");
    const client = new Redis(server.port, "127.0.0.1");
    try {
      const keys = (await client.keys("*")).sort();
      assert.deepEqual(keys, ["test:done", "test:failed", "test:run"]);
      for (const key of keys) {
        const left = await client.pttl(key);
        assert.ok(left > 0 && left <= TTL + CLAIM.lease, `${key}: ${left}`);
      }
    } finally {
      client.disconnect();
    }
  },
);

testWithTool(
  "Redis store: logs in with user and password, over TLS, to the database of its URL",
  REDIS_AND_OPENSSL,
  async ({ command }) => {
    const folder = await Deno.makeTempDir();
    try {
      const certificates = await makeCertificates(folder);
      const port = freePort();
      const users = `${folder}/users.acl`;
      await Deno.writeTextFile(
        users,
        "user default off\nuser app on >p@ss:word ~test:* +@all\n",
      );
      await using _server = await startRedis(command, {
        port,
        args: [...certificates.args(port), "--aclfile", users],
      });
      const { ca } = certificates;
      const url = (credentials: string, host = "127.0.0.1") =>
        new RedisUrl(`rediss://${credentials}${host}:${port}/3`);
      {
        await using store = storeAt(port, {
          url: url("app:p%40ss%3Aword@"),
          ca,
        });
        assert.equal((await store.claim("k", CLAIM)).state, "claimed");
      }
      const refused: readonly Partial<RedisStoreOptions>[] = [
        { url: url("app:hush@"), ca },
        { url: url(""), ca },
        { url: url("app:p%40ss%3Aword@") },
        { url: new RedisUrl(`redis://app:p%40ss%3Aword@127.0.0.1:${port}`) },
      ];
      for (const options of refused) {
        const problems: unknown[] = [];
        await using store = storeAt(port, {
          ...options,
          onDown: (error) => problems.push(error),
        });
        const error = await store.claim("k", CLAIM).then(
          () => assert.fail("claim was granted"),
          (error) => error,
        );
        problems.push(error);
        assert.doesNotMatch(Deno.inspect(problems, { depth: 9 }), /hush|p@ss/);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

testWithTool(
  "Redis store: fails at once while there is no server, and works when there is",
  REDIS,
  async ({ command }) => {
    const port = freePort();
    const changes: string[] = [];
    await using store = storeAt(port, {
      onDown: () => changes.push("down"),
      onUp: () => changes.push("up"),
    });
    await assert.rejects(store.claim("k", CLAIM), /not connected/);
    const start = performance.now();
    for (let time = 0; time < 100; time++) {
      await assert.rejects(store.claim("k", CLAIM), /not connected/);
    }
    assert.ok(performance.now() - start < 1_000);
    await using _server = await startRedis(command, { port });
    const claim = await eventually(() => store.claim("k", CLAIM));
    assert.equal(claim.state, "claimed");
    assert.deepEqual(changes, ["down", "up"]);
  },
);

testWithTool(
  "Redis store: what is done stays done over a restart of a server that persists",
  REDIS,
  async ({ command }) => {
    const folder = await Deno.makeTempDir();
    try {
      const args = ["--appendonly", "yes", "--appendfsync", "always"];
      const first = await startRedis(command, { folder, args });
      const { port } = first;
      await using store = storeAt(port);
      await store.claim("done", CLAIM);
      await store.complete("done", DONE);
      await store.claim("run", CLAIM);
      await first.kill();
      await assert.rejects(store.claim("other", CLAIM));
      await using _second = await startRedis(command, { folder, args, port });
      const other = { ...CLAIM, token: "b" };
      const done = await eventually(() => store.claim("done", other));
      assert.equal(done.state, "done");
      assert.equal((await store.claim("run", other)).state, "held");
      assert.equal(await store.complete("run", DONE), true);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

testWithTool(
  "Redis store: knows its scripts again after a restart of a server that forgets",
  REDIS,
  async ({ command }) => {
    const first: RedisServer = await startRedis(command);
    const { port } = first;
    await using store = storeAt(port);
    await store.claim("k", CLAIM);
    await first[Symbol.asyncDispose]();
    await using _second = await startRedis(command, { port });
    assert.equal(await eventually(() => store.complete("k", DONE)), true);
    const claim = await store.claim("k", { ...CLAIM, token: "b" });
    assert.equal(claim.state, "done");
  },
);

testWithTool(
  "Redis store: a server that is stopped fails operations in time, and serves when it goes on",
  REDIS,
  async ({ command }) => {
    await using server = await startRedis(command);
    await using store = storeAt(server.port, { timeout: 200 });
    await store.claim("k", CLAIM);
    server.signal("SIGSTOP");
    const start = performance.now();
    const results = await Promise.allSettled(
      Array.from({ length: 100 }, (_, index) => store.claim(`${index}`, CLAIM)),
    );
    assert.ok(results.every(({ status }) => status === "rejected"));
    assert.ok(performance.now() - start < 5_000);
    server.signal("SIGCONT");
    assert.equal(await eventually(() => store.complete("k", DONE)), true);
  },
);

testWithTool(
  "Redis store: events are neither lost nor run twice while the server stops, dies and comes back",
  REDIS,
  async ({ command }) => {
    const folder = await Deno.makeTempDir();
    const args = ["--appendonly", "yes", "--appendfsync", "always"];
    let server = await startRedis(command, { folder, args });
    const { port } = server;
    try {
      await using one = storeAt(port, { timeout: 100 });
      await using other = storeAt(port, { timeout: 100 });
      const replicas = [one, other].map((store) =>
        replica(store, { lease: 5_000, maxAttempts: 0 })
      );
      const runs = new Map<string, number>();
      const left = new Set(Array.from({ length: 200 }, (_, n) => `event-${n}`));
      let failures = 0;
      let kills = 0;
      const end = Date.now() + PATIENCE;
      for (let round = 0; left.size > 0; round++) {
        assert.ok(Date.now() < end, `${left.size} events are left`);
        // As the connector does: the whole batch again, at once, wherever.
        // Half of it is new in the second round, whatever the first has left.
        const batch = [...left].slice(0, round === 0 ? 100 : undefined);
        const answers = batch.flatMap((id, index) =>
          replicas.map(async ({ deliver }, which) => {
            const event = { id, type: "a.b", source: "test", data: {} };
            const { outcome } = await deliver(async () => {
              await delay((index + which) % 7);
              runs.set(id, (runs.get(id) ?? 0) + 1);
            }, { event, deadline: Date.now() + 1_000 });
            if (outcome === "handled" || outcome === "duplicate") {
              left.delete(id);
            } else failures++;
          })
        );
        if (round === 0) {
          await delay(3);
          server.signal("SIGSTOP");
          await delay(150);
          server.signal("SIGCONT");
        } else if (round === 1) {
          kills++;
          await server.kill();
          server = await startRedis(command, { folder, args, port });
        }
        await Promise.all(answers);
        await delay(20);
      }
      assert.ok(
        failures > 0 && kills === 1,
        `${failures} failures, ${kills} kills`,
      );
      assert.equal(runs.size, 200);
      for (const [id, count] of runs) assert.equal(count, 1, `${id}: ${count}`);
    } finally {
      await server.kill();
      await Deno.remove(folder, { recursive: true });
    }
  },
);

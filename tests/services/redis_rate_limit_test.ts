import assert from "node:assert/strict";
import { once } from "node:events";
import { Redis } from "ioredis";
import { createRedisRateLimit } from "../../lib/destinations/mod.ts";
import { REDIS } from "../conformance/_tools.ts";
import { startRedis } from "./_redis.ts";
import { testWithTool } from "./_tools.ts";

testWithTool(
  "redis rate limit: processes share one rate, and keep it alone without Redis",
  REDIS,
  async ({ command }) => {
    const failures: unknown[] = [];
    const server = await startRedis(command);
    const clients = [1, 2].map(() =>
      new Redis({ port: server.port, host: "127.0.0.1", retryStrategy: null })
    );
    for (const client of clients) client.on("error", () => {});
    const gone = clients.map((client) => once(client, "end"));
    try {
      const limits = clients.map((redis) =>
        createRedisRateLimit({
          redis: redis as unknown as Parameters<
            typeof createRedisRateLimit
          >[0]["redis"],
          key: "rate:shop",
          perSecond: 4,
          onFailed: (error) => failures.push(error),
        })
      );
      const waits: number[] = [];
      for (let index = 0; index < 8; index++) {
        waits.push(await limits[index % 2]!.take(60_000));
      }
      // Four at once, and then one every quarter of a second, whoever asks.
      assert.deepEqual(waits.slice(0, 4), [0, 0, 0, 0]);
      const last = waits.at(-1) ?? 0;
      assert.ok(last > 500 && last <= 1_000, waits.join());
      const refused = await limits[0]!.take(10);
      assert.ok(refused > 10);
      // What is refused takes no place.
      assert.ok(await limits[1]!.take(60_000) <= refused + 1);
      assert.deepEqual(failures, []);
      await server.kill();
      assert.equal(await limits[0]!.take(0), 0);
      assert.equal(failures.length, 1);
    } finally {
      await server[Symbol.asyncDispose]();
      await Promise.all(gone);
    }
  },
);

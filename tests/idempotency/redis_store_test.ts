import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { RedisUrl } from "../../lib/config/redis_url.ts";
import {
  createRedisStore,
  type RedisStoreOptions,
} from "../../lib/idempotency/redis_store.ts";
import {
  CLAIMED,
  type FakeRedis,
  info,
  PRIMARY,
  startFakeRedis,
} from "./_fake_redis.ts";
import { PATIENCE } from "../_support/patience.ts";

const CLAIM = { token: "a", lease: 60_000, ttl: 60_000 };

function storeAt(port: number, options: Partial<RedisStoreOptions> = {}) {
  return createRedisStore({
    url: new RedisUrl(`redis://127.0.0.1:${port}`),
    prefix: "test:",
    ...options,
  });
}

/** A primary that becomes something else while the first connection is open. */
function startSwitching(error: string): FakeRedis {
  return startFakeRedis(({ connection, command: [name = ""] }) => {
    if (name.toUpperCase() === "INFO") return PRIMARY;
    return connection === 1 ? `-${error}\r\n` : CLAIMED;
  });
}

async function eventually(ask: () => Promise<unknown>): Promise<void> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await delay(10);
    }
  }
}

const SCRIPT = "ERR Error running script (call to f_0b4e826bc3c5): ";

for (
  const [version, error] of [
    [
      "Redis 5",
      `${SCRIPT}@user_script:23: @user_script: 23: -READONLY You can't write against a read only slave. `,
    ],
    [
      "Redis 6",
      `${SCRIPT}@user_script:23: @user_script: 23: -READONLY You can't write against a read only replica. `,
    ],
    [
      "Redis 7",
      "READONLY You can't write against a read only replica. script: 04f2f2, on @user_script:23.",
    ],
    [
      "a replica that may not answer",
      "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    ],
    [
      "Redis 6 that may not answer",
      `${SCRIPT}@user_script:1: -MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.`,
    ],
    [
      "a server that loads its data",
      "LOADING Redis is loading the dataset in memory",
    ],
    ["a node of a cluster that is down", "CLUSTERDOWN The cluster is down"],
    ["a node that does not have the slot", "MOVED 3999 127.0.0.1:6381"],
  ] as const
) {
  Deno.test(`Redis store: connects again when ${version} answers "${error.slice(-60)}"`, async () => {
    await using server = startSwitching(error);
    const changes: string[] = [];
    await using store = storeAt(server.port, {
      onDown: ({ message }) => changes.push(message),
      onUp: () => changes.push("up"),
    });
    await assert.rejects(store.claim("k", CLAIM));
    await eventually(() => store.claim("k", CLAIM));
    assert.equal(server.connections, 2);
    assert.deepEqual(changes, [error, "up"]);
  });
}

for (
  const error of [
    "OOM command not allowed when used memory > 'maxmemory'.",
    "MISCONF Redis is configured to save RDB snapshots, but it's unable to persist to disk.",
    "NOREPLICAS Not enough good replicas to write.",
    `${SCRIPT}@user_script:1: the word -READONLYISH is no code`,
    "ERR key is named READONLY LOADING MOVED",
  ]
) {
  Deno.test(`Redis store: stays connected when it is answered "${error}"`, async () => {
    await using server = startSwitching(error);
    await using store = storeAt(server.port);
    for (let time = 0; time < 3; time++) {
      await assert.rejects(store.claim("k", CLAIM), { message: error });
    }
    assert.equal(server.connections, 1);
  });
}

for (
  const [what, fields, expected] of [
    [
      "a sentinel",
      { redis_mode: "sentinel" },
      /is a sentinel, .* address of the primary/,
    ],
    [
      "a node of a cluster",
      { redis_mode: "cluster", cluster_enabled: 1 },
      /is a node of a Redis Cluster, which is not supported/,
    ],
    [
      "a replica",
      { role: "slave", master_host: "10.0.0.7", master_port: 6379 },
      /is a replica of 10\.0\.0\.7:6379: give the address of the primary/,
    ],
    [
      "Redis 4",
      { redis_version: "4.0.14" },
      /is version 4\.0\.14: expected 5 or later/,
    ],
    ["a server that loads", { loading: 1 }, /is still loading/],
  ] as const
) {
  Deno.test(`Redis store: says once that it is ${what}, asks it nothing more, and works when it is none`, async () => {
    let isCured = false;
    await using server = startFakeRedis(({ command: [name = ""] }) => {
      if (name.toUpperCase() !== "INFO") return CLAIMED;
      return isCured ? PRIMARY : info(fields);
    });
    const changes: string[] = [];
    await using store = storeAt(server.port, {
      onDown: ({ message }) => changes.push(message),
      onUp: () => changes.push("up"),
    });
    await assert.rejects(store.claim("k", CLAIM), /not connected/);
    while (server.connections < 4) await delay(10);
    await assert.rejects(store.claim("k", CLAIM), /not connected/);
    const commands = new Set(server.asked.map(({ command }) => command[0]));
    assert.deepEqual(commands, new Set(["info"]));
    isCured = true;
    await eventually(() => store.claim("k", CLAIM));
    assert.equal(changes.length, 2);
    assert.match(changes[0] ?? "", expected);
    assert.match(
      changes[0] ?? "",
      /^Redis at redis:\/\/127\.0\.0\.1:\d+\/0 is/,
    );
    assert.equal(changes[1], "up");
  });
}

Deno.test("Redis store: connects ever less often to a server that stays a replica", async () => {
  await using server = startFakeRedis(() =>
    info({ role: "slave", master_host: "10.0.0.7", master_port: 6379 })
  );
  await using _store = storeAt(server.port);
  await delay(1_500);
  assert.ok(server.connections < 20, `${server.connections} connections`);
});

Deno.test("Redis store: an answer that no script gives is none: the event is not done", async () => {
  for (
    const answer of [
      "+OK\r\n",
      ":1\r\n",
      "$-1\r\n",
      "*1\r\n+over\r\n",
      "*0\r\n",
    ]
  ) {
    await using server = startFakeRedis(({ command: [name] }) =>
      name === "info" ? PRIMARY : answer
    );
    await using store = storeAt(server.port);
    await assert.rejects(store.claim("k", CLAIM), /no script returns/);
  }
});

Deno.test("Redis store: works where it may not ask what the server is", async () => {
  for (
    const error of [
      "NOPERM this user has no permissions to run the 'info' command",
      "ERR unknown command 'info', with args beginning with: ",
    ]
  ) {
    await using server = startFakeRedis(({ command: [name] }) =>
      name === "info" ? `-${error}\r\n` : CLAIMED
    );
    await using store = storeAt(server.port);
    assert.equal((await store.claim("k", CLAIM)).state, "claimed");
  }
});

Deno.test("Redis store: warns of a server that forgets what it has no memory for", async () => {
  for (
    const [maxmemory, policy, count] of [
      [1_000_000, "allkeys-lru", 1],
      [1_000_000, "noeviction", 0],
      [0, "allkeys-lru", 0],
    ] as const
  ) {
    await using server = startFakeRedis(({ command: [name] }) =>
      name === "info" ? info({ maxmemory, maxmemory_policy: policy }) : CLAIMED
    );
    const warnings: string[] = [];
    await using store = storeAt(server.port, {
      onWarning: (text) => warnings.push(text),
    });
    await store.claim("k", CLAIM);
    assert.equal(warnings.length, count);
    if (count > 0) {
      assert.match(warnings[0] ?? "", /maxmemory-policy allkeys-lru/);
    }
  }
});

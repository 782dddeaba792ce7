import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { RedisUrl } from "../../lib/config/redis_url.ts";
import { createRedisStore } from "../../lib/idempotency/redis_store.ts";
import { startEmulator } from "../../dev/emulator/mod.ts";
import { freePort } from "../../dev/free_port.ts";
import { startSource } from "../conformance/_source.ts";
import { REDIS, testWithTool } from "../conformance/_tools.ts";
import { CLIENT_SECRET, environment } from "../conformance/_world.ts";
import {
  CLAIMED,
  PRIMARY,
  startFakeRedis,
} from "../idempotency/_fake_redis.ts";
import { Batch } from "./_batch.ts";
import {
  ask,
  makeCertificates,
  type RedisOptions,
  type RedisServer,
  startRedis,
} from "./_redis.ts";
import { type Replica, startReplica } from "./_service.ts";
import { PATIENCE } from "../_support/patience.ts";

/** A name that leads new connections to another server when it is told so. */
function startName(port: number) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const sockets = new Set<Deno.Conn>();
  let target = port;
  const pipe = async (from: Deno.Conn, to: Deno.Conn) => {
    await from.readable.pipeTo(to.writable).catch(() => {});
    for (const each of [from, to]) sockets.delete(each);
  };
  const piped: Promise<void>[] = [];
  const listening = (async () => {
    for await (const near of listener) {
      const far = await Deno.connect({ hostname: "127.0.0.1", port: target });
      sockets.add(near).add(far);
      piped.push(pipe(near, far), pipe(far, near));
    }
  })();
  return {
    port: listener.addr.port,
    leadTo: (port: number) => target = port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await listening;
      for (const socket of sockets) {
        try {
          socket.close();
        } catch {
          // It has ended by itself.
        }
      }
      await Promise.all(piped);
    },
  };
}

testWithTool(
  "when the primary becomes a replica, events are handled by the one that its name leads to",
  REDIS,
  async ({ command }) => {
    await using one = await startRedis(command);
    await using two = await startRedis(command, {
      args: ["--replicaof", "127.0.0.1", `${one.port}`],
    });
    await using name = startName(one.port);
    await using emulator = await startEmulator({ clientSecret: CLIENT_SECRET });
    await using replica = await startReplica(emulator, {
      IDEMPOTENCY_STORE: `redis://127.0.0.1:${name.port}`,
    });
    const before = new Batch(emulator, 3);
    await before.finish(replica);
    while (await two.keys() < 3) await delay(10);
    // As Sentinel does; connections to the old primary stay open.
    await ask(two.port, "REPLICAOF NO ONE");
    await ask(one.port, `REPLICAOF 127.0.0.1 ${two.port}`);
    name.leadTo(two.port);
    const after = new Batch(emulator, 3);
    await after.finish(replica);
    after.assertGrantedOnce();
    assert.deepEqual(
      await before.send(replica, before.players),
      ["OK", "OK", "OK"],
    );
    before.assertGrantedOnce();
    assert.equal(await two.keys(), 6);
  },
);

Deno.test("when the primary becomes a replica of Redis 6, whose scripts say so in other words, events are handled by the next", async () => {
  const error = "ERR Error running script (call to f_04f2f2): " +
    "@user_script:1: @user_script: 1: -READONLY You can't write against a read only replica. ";
  await using server = startFakeRedis(({ connection, command: [name] }) => {
    if (name === "info") return PRIMARY;
    if (connection === 1) return `-${error}\r\n`;
    return /^eval/.test(name ?? "") ? CLAIMED : "+OK\r\n";
  });
  await using emulator = await startEmulator({ clientSecret: CLIENT_SECRET });
  await using replica = await startReplica(emulator, {
    IDEMPOTENCY_STORE: `redis://127.0.0.1:${server.port}`,
  });
  const batch = new Batch(emulator, 1);
  assert.deepEqual(await batch.send(replica), ["UNAVAILABLE"]);
  await batch.finish(replica);
  batch.assertGrantedOnce();
  assert.equal(server.connections, 2);
});

/** What `doctor` says of the store, and how it ends. */
async function doctor(env: Readonly<Record<string, string>>) {
  await using target = await startSource({
    env,
    args: ["doctor"],
    untilStarted: false,
  });
  const { code } = await target.exited;
  const line = target.stdout.find((each) => each.includes("idempotency store"));
  return { code, line, report: target.stdout.join("\n") };
}

interface Role {
  readonly what: string;
  readonly options: (primary: RedisServer) => RedisOptions;
  readonly expected: RegExp;
}

const ROLES: readonly Role[] = [
  {
    what: "a read-only replica",
    options: ({ port }) => ({ args: ["--replicaof", "127.0.0.1", `${port}`] }),
    expected:
      /is a replica of 127\.0\.0\.1:\d+: give the address of the primary/,
  },
  {
    what: "a node of a cluster",
    options: () => ({ args: ["--cluster-enabled", "yes"] }),
    expected: /is a node of a Redis Cluster, which is not supported/,
  },
  {
    what: "a sentinel",
    options: () => ({ isSentinel: true }),
    expected:
      /is a sentinel, which stores nothing: give the address of the primary/,
  },
];

for (const { what, options, expected } of ROLES) {
  testWithTool(
    `${what} is found at start, by doctor, and by /readyz when it stays one`,
    REDIS,
    async ({ command }) => {
      await using primary = await startRedis(command);
      await using server = await startRedis(command, options(primary));
      await using emulator = await startEmulator({
        clientSecret: CLIENT_SECRET,
      });
      const store = {
        IDEMPOTENCY_STORE: `redis://127.0.0.1:${server.port}/2`,
      };
      await using replica = await startReplica(emulator, store);
      const { error } = await replica.target.logged(({ message, error }) =>
        message === "Idempotency store cannot be used: events will fail" &&
        expected.test(JSON.stringify(error))
      );
      assert.ok(error);
      const batch = new Batch(emulator, 2);
      assert.deepEqual(
        new Set(await batch.send(replica)),
        new Set(["UNAVAILABLE"]),
      );
      const { code, line } = await doctor({
        ...environment(emulator),
        ...store,
      });
      assert.equal(code, 1);
      assert.match(line ?? "", /^failed/);
      assert.match(line ?? "", expected);
      assert.equal(
        await untilReadyz(replica, 503),
        "Idempotency store is unavailable\n",
      );
    },
  );
}

testWithTool(
  "/readyz says that the store is away when it has been for ten seconds, and that all is well when it is back",
  REDIS,
  async ({ command }) => {
    await using emulator = await startEmulator({ clientSecret: CLIENT_SECRET });
    const port = freePort();
    await using replica = await startReplica(emulator, {
      IDEMPOTENCY_STORE: `redis://127.0.0.1:${port}`,
    });
    assert.equal(await untilReadyz(replica, 200), "ok\n");
    assert.equal(
      await untilReadyz(replica, 503),
      "Idempotency store is unavailable\n",
    );
    const livez = await fetch(
      `http://127.0.0.1:${replica.target.metricsPort}/livez`,
    );
    assert.equal(await livez.text(), "ok\n");
    await using _server = await startRedis(command, { port });
    assert.equal(await untilReadyz(replica, 200), "ok\n");
  },
);

/** What `/readyz` says once it answers with a status. */
async function untilReadyz(replica: Replica, status: number): Promise<string> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    const url = `http://127.0.0.1:${replica.target.metricsPort}/readyz`;
    const answer = await fetch(url);
    const text = await answer.text();
    if (answer.status === status) return text;
    assert.ok(performance.now() < end, `${answer.status} ${text}`);
    await delay(50);
  }
}

testWithTool(
  "rediss:// with a private authority works with REDIS_TLS_CA, and doctor says what is wrong without",
  REDIS,
  async ({ command }) => {
    const folder = await Deno.makeTempDir();
    try {
      const { args, ca } = await makeCertificates(folder);
      const port = freePort();
      await using _server = await startRedis(command, {
        port,
        args: args(port),
      });
      await using emulator = await startEmulator({
        clientSecret: CLIENT_SECRET,
      });
      const env = {
        ...environment(emulator),
        IDEMPOTENCY_STORE: `rediss://localhost:${port}`,
      };
      const withCa = { ...env, REDIS_TLS_CA: ca.replaceAll("\n", "\\n") };
      await using replica = await startReplica(emulator, withCa);
      const batch = new Batch(emulator, 2);
      assert.deepEqual(await batch.send(replica), ["OK", "OK"]);
      assert.deepEqual(
        await batch.send(replica, batch.players),
        ["OK", "OK"],
      );
      batch.assertGrantedOnce();
      const found = await doctor(withCa);
      assert.equal(found.code, 0, found.report);
      assert.match(found.line ?? "", /^ok .*rediss:\/\/localhost:\d+\/0/);
      const without = await doctor(env);
      assert.equal(without.code, 1);
      assert.match(without.line ?? "", /^failed .*certificate/i);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

/** What docs/deploy.md says that a user needs. */
const PERMISSIONS = /`(\+info .*?)`/s.exec(
  await Deno.readTextFile(
    new URL("../../docs/deploy.md", import.meta.url),
  ),
)?.[1]?.replaceAll(/\s+/g, " ") ?? "";

testWithTool(
  "doctor says what a server refuses: a password, a user's permissions, memory",
  REDIS,
  async ({ command }) => {
    await using emulator = await startEmulator({ clientSecret: CLIENT_SECRET });
    await using server = await startRedis(command, {
      args: ["--requirepass", "hush-hush"],
    });
    const at = (login: string) => ({
      ...environment(emulator),
      IDEMPOTENCY_STORE: `redis://${login}127.0.0.1:${server.port}`,
    });
    const auth = "AUTH hush-hush\r\n";
    const none = await doctor(at(""));
    assert.match(none.line ?? "", /^failed .*NOAUTH/);
    const wrong = await doctor(at(":wrong-one@"));
    assert.match(wrong.line ?? "", /^failed .*WRONGPASS/);
    await ask(server.port, `${auth}ACL SETUSER u on >pw-of-u ~other:* +@all`);
    const keys = await doctor(at("u:pw-of-u@"));
    assert.match(keys.line ?? "", /^failed .*(NOPERM|No permissions)/i);
    await ask(
      server.port,
      `${auth}ACL SETUSER least on >pw-of-least ~extend-event:* ${PERMISSIONS}`,
    );
    const least = await doctor(at("least:pw-of-least@"));
    assert.match(least.line ?? "", /^ok /);
    {
      await using store = createRedisStore({
        url: new RedisUrl(at("least:pw-of-least@").IDEMPOTENCY_STORE),
        prefix: "extend-event:",
      });
      const how = { token: "a", lease: 1_000, ttl: 1_000 };
      assert.equal((await store.claim("k", how)).state, "claimed");
      assert.equal(await store.renew("k", { ...how, lease: 60_000 }), true);
      assert.equal(await store.complete("k", { ...how, ending: "done" }), true);
    }
    const set = (setting: string) =>
      ask(server.port, `${auth}CONFIG SET ${setting}`);
    await set("maxmemory 100mb");
    await set("maxmemory-policy allkeys-lru");
    const evicts = await doctor(at(":hush-hush@"));
    assert.match(evicts.line ?? "", /^failed .*maxmemory-policy allkeys-lru/);
    await set("maxmemory-policy noeviction");
    await set("maxmemory 1");
    const full = await doctor(at(":hush-hush@"));
    assert.match(full.line ?? "", /^failed .*OOM/);
    for (const { code, line = "" } of [none, wrong, keys, evicts, full]) {
      assert.equal(code, 1);
      assert.doesNotMatch(line, /hush-hush|wrong-one|pw-of-u/);
    }
  },
);

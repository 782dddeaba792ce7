import assert from "node:assert/strict";
import { startEmulator } from "../../dev/emulator/mod.ts";
import { startGate } from "../conformance/_gate.ts";
import { REDIS, testWithTool } from "../conformance/_tools.ts";
import { CLIENT_SECRET } from "../conformance/_world.ts";
import { Batch } from "./_batch.ts";
import { startRedis } from "./_redis.ts";
import { type Replica, startReplica } from "./_service.ts";

const SIZE = 50;
/** Longer than the store is away, shorter than a test may take. */
const LEASE = { IDEMPOTENCY_LEASE: "15s" };
const PERSISTENT = ["--appendonly", "yes", "--appendfsync", "always"];

/** What a test does once the store is back. */
interface Scene {
  /** Who has granted all events, and could mark none. */
  readonly one: Replica;
  /** The events, all of them answered OK. */
  readonly batch: Batch;
  /** Starts another process on the same store and AGS. */
  start(): Promise<Replica>;
}

/** The store is away while 50 events are marked, and comes back. */
async function withLostMarks(
  command: string,
  run: (scene: Scene) => Promise<void>,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.adopt(
    await Deno.makeTempDir(),
    (path) => Deno.remove(path, { recursive: true }),
  );
  const first = stack.use(
    await startRedis(command, { folder, args: PERSISTENT }),
  );
  const { port } = first;
  const emulator = stack.use(
    await startEmulator({ clientSecret: CLIENT_SECRET }),
  );
  const gate = stack.use(startGate(emulator.url));
  const { namespace } = emulator;
  const env = { ...LEASE, IDEMPOTENCY_STORE: `redis://127.0.0.1:${port}` };
  const one = stack.use(
    await startReplica({ url: gate.url, namespace }, env),
  );
  const batch = new Batch(emulator, SIZE);
  const answered = batch.send(one);
  await gate.holds(SIZE);
  await first.kill();
  gate.open();
  assert.deepEqual(new Set(await answered), new Set(["OK"]));
  stack.use(await startRedis(command, { folder, args: PERSISTENT, port }));
  await run({
    one,
    batch,
    start: async () => stack.use(await startReplica(emulator, env)),
  });
}

/** Delivers the whole batch again until all of it is answered OK. */
async function redeliver(batch: Batch, replica: Replica): Promise<void> {
  for (const player of batch.players) batch.left.add(player);
  await batch.finish(replica);
  batch.assertGrantedOnce();
}

testWithTool(
  "what could not be marked is marked before a process ends, and granted once although it is delivered to the next",
  REDIS,
  ({ command }) =>
    withLostMarks(command, async ({ one, batch, start }) => {
      one.target.signal("SIGTERM");
      const { code } = await one.target.exited;
      assert.equal(code, 0);
      await redeliver(batch, await start());
    }),
);

testWithTool(
  "what could not be marked is marked when the store is back, without another event, and granted once although another replica gets it",
  REDIS,
  ({ command }) =>
    withLostMarks(command, async ({ batch, start }) => {
      await redeliver(batch, await start());
    }),
);

import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Emulator, startEmulator } from "../../dev/emulator/mod.ts";
import { REDIS, testWithTool } from "../conformance/_tools.ts";
import { CLIENT_SECRET } from "../conformance/_world.ts";
import { Batch } from "./_batch.ts";
import { startRedis } from "./_redis.ts";
import { type Replica, startReplica } from "./_service.ts";

const SIZE = 20;
const PROGRAM = join(import.meta.dirname ?? ".", "../idempotency/_program.ts");

/** A lease that is much shorter than the time of an event. */
const SETTINGS = { IDEMPOTENCY_LEASE: "1s", HANDLER_TIMEOUT: "60s" };

/** How long a replica stands still: time enough for another, in milliseconds. */
const STALL = 9_000;

interface Scene {
  readonly emulator: Emulator;
  readonly env: Readonly<Record<string, string>>;
  readonly batch: Batch;
  readonly stack: AsyncDisposableStack;
}

type Test = (scene: Scene) => Promise<void>;

async function onCloudSave(run: Test): Promise<void> {
  await using stack = new AsyncDisposableStack();
  await withStore("cloudsave", { stack, run });
}

async function onRedis(command: string, run: Test): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const { port } = stack.use(await startRedis(command));
  await withStore(`redis://127.0.0.1:${port}`, { stack, run });
}

async function withStore(
  store: string,
  { stack, run }: { readonly stack: AsyncDisposableStack; readonly run: Test },
): Promise<void> {
  const emulator = stack.use(
    await startEmulator({ clientSecret: CLIENT_SECRET }),
  );
  await run({
    emulator,
    env: { ...SETTINGS, IDEMPOTENCY_STORE: store },
    batch: new Batch(emulator, SIZE),
    stack,
  });
}

/** Starts a replica that behaves, logged in: its grants wait for nothing. */
async function startStalling(
  { emulator, env, stack }: Scene,
  args: readonly string[],
): Promise<Replica> {
  const replica = stack.use(
    await startReplica(emulator, env, { path: PROGRAM, args }),
  );
  assert.equal(await textOf(replica, "/readyz"), "ok\n");
  return replica;
}

async function textOf({ target }: Replica, path: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${target.metricsPort}${path}`);
  return await answer.text();
}

/** How many events it has claimed. */
async function claimsOf(replica: Replica): Promise<number> {
  const metrics = await textOf(replica, "/metrics");
  const count = /^idempotency_claims_total\{[^}]*"claimed"\} (\d+)/m;
  return Number(count.exec(metrics)?.[1] ?? 0);
}

/** Sends all events to a replica that will stand still. */
function sendTo({ batch }: Scene, replica: Replica) {
  return batch.send(replica, [...batch.left], 60_000);
}

async function testStopped(scene: Scene): Promise<void> {
  const { emulator, env, batch, stack } = scene;
  const one = await startStalling(scene, ["slow", `${STALL}`]);
  const other = stack.use(await startReplica(emulator, env));
  const answers = sendTo(scene, one);
  while (await claimsOf(one) < SIZE) await delay(10);
  one.target.signal("SIGSTOP");
  // When the process goes on, its handlers do, too.
  await Promise.all([batch.finish(other), delay(STALL + 1_000)]);
  one.target.signal("SIGCONT");
  assert.deepEqual(new Set(await answers), new Set(["UNAVAILABLE"]));
  batch.assertGrantedOnce();
}

async function testBlocked(scene: Scene): Promise<void> {
  const { emulator, env, batch, stack } = scene;
  const one = await startStalling(scene, ["blocked", `${SIZE}`, `${STALL}`]);
  const other = stack.use(await startReplica(emulator, env));
  const answers = sendTo(scene, one);
  await one.target.logged(({ message }) => message === "Loop is blocked");
  await batch.finish(other);
  assert.deepEqual(new Set(await answers), new Set(["UNAVAILABLE"]));
  batch.assertGrantedOnce();
}

async function testDeaf(scene: Scene): Promise<void> {
  const { emulator, batch, stack } = scene;
  const env = {
    ...scene.env,
    IDEMPOTENCY_LEASE: "60m",
    HANDLER_TIMEOUT: "10m",
    MAX_ATTEMPTS: "1",
    SHUTDOWN_GRACE: "2s",
  };
  const one = await startStalling({ ...scene, env }, ["deaf"]);
  const answers = sendTo(scene, one);
  while (await claimsOf(one) < SIZE) await delay(10);
  one.target.signal("SIGTERM");
  assert.deepEqual(new Set(await answers), new Set(["UNAVAILABLE"]));
  assert.equal((await one.target.exited).code, 0);
  const next = stack.use(await startReplica(emulator, env));
  assert.deepEqual(new Set(await batch.send(next)), new Set(["OK"]));
  batch.assertGrantedOnce();
}

const STOPPED = "a replica that stood still (SIGSTOP) for longer than its " +
  "claims sends nothing for events that another has taken over";
const LOOP_BLOCKED = "a replica whose loop was blocked for longer than its " +
  "claims sends nothing for events that another has taken over";

testWithTool(
  `Redis: ${STOPPED}`,
  REDIS,
  ({ command }) => onRedis(command, testStopped),
);

testWithTool(
  `Redis: ${LOOP_BLOCKED}`,
  REDIS,
  ({ command }) => onRedis(command, testBlocked),
);

testWithTool(
  "events whose handlers ignore the shutdown are run by the next process at once, and have not failed",
  REDIS,
  ({ command }) => onRedis(command, testDeaf),
);

Deno.test(`Cloud Save: ${STOPPED}`, () => onCloudSave(testStopped));

Deno.test(`Cloud Save: ${LOOP_BLOCKED}`, () => onCloudSave(testBlocked));

import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startEmulator } from "../../dev/emulator/mod.ts";
import { agsId, eventBytes, LOGGED_IN, PATHS } from "../conformance/_events.ts";
import { startGate } from "../conformance/_gate.ts";
import { CLIENT_SECRET } from "../conformance/_world.ts";
import { Batch } from "../services/_batch.ts";
import { type Replica, startReplica } from "../services/_service.ts";

const PATH = join(import.meta.dirname ?? ".", "_program.ts");

/** How many events are in flight in it. */
async function inFlight({ target }: Replica): Promise<number> {
  const url = `http://127.0.0.1:${target.metricsPort}/metrics`;
  const metrics = await (await fetch(url)).text();
  return Number(/^events_in_flight (\d+)/m.exec(metrics)?.[1]);
}

Deno.test("an event whose run is under way when the wall clock jumps an hour forward is granted once", async () => {
  await using emulator = await startEmulator({ clientSecret: CLIENT_SECRET });
  await using gate = startGate(emulator.url);
  const { namespace } = emulator;
  await using replica = await startReplica(
    { url: gate.url, namespace },
    { IDEMPOTENCY_STORE: "memory" },
    { path: PATH, args: ["jumping"] },
  );
  const batch = new Batch(emulator, 1);
  const first = batch.send(replica, batch.players);
  await gate.holds(1);
  const second = batch.send(replica, batch.players);
  while (await inFlight(replica) < 2) await delay(10);
  gate.open();
  assert.deepEqual([...await first, ...await second], ["OK", "OK"]);
  batch.assertGrantedOnce();
});

Deno.test("an event whose handler ignores its deadline is not given up for it: deadlines count once an hour while nothing is handled", async () => {
  await using emulator = await startEmulator({ clientSecret: CLIENT_SECRET });
  const maxAttempts = 3;
  await using replica = await startReplica(emulator, {
    IDEMPOTENCY_STORE: "memory",
    IDEMPOTENCY_LEASE: "1s",
    HANDLER_TIMEOUT: "100ms",
    MAX_ATTEMPTS: `${maxAttempts}`,
  }, { path: PATH, args: ["deaf"] });
  const bytes = eventBytes(emulator.namespace, { userId: agsId() });
  let isOver = false;
  const enough = replica.target.logged(({ attempt }) =>
    Number(attempt) > 2 * maxAttempts
  ).finally(() => isOver = true);
  // Looked at when the deliveries are over.
  enough.catch(() => {});
  const statuses = new Set<string>();
  while (!isOver && !statuses.has("FAILED_PRECONDITION")) {
    const { send } = replica.client;
    statuses.add((await send(PATHS[LOGGED_IN], bytes, 10_000)).status);
    await delay(50);
  }
  assert.deepEqual(statuses, new Set(["UNAVAILABLE"]));
  await enough;
});

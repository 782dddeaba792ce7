/**
 * Rules of the end: what is under way when the service is told to stop is finished,
 * and what comes later is refused, not lost.
 *
 * @module
 */

import assert from "node:assert/strict";
import { checkHealth, reflect, watchHealth } from "../grpc/_clients.ts";
import { agsId, eventBytes, LOGGED_IN, PATHS } from "./_events.ts";
import type { Gate } from "./_gate.ts";
import { connectHttp2, grpcMessage } from "./_http2.ts";
import { startWorld, type Suite, type World } from "./_world.ts";

/** Events in flight when the signal comes. */
const IN_FLIGHT = 200;

/** For drains that last as long as they may: a client keeps something open. */
const SHORT_GRACE = { SHUTDOWN_GRACE: "2s" } as const;

/** Registers the rules. */
export function drainRules(suite: Suite): void {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.test(`${suite.name}: ${signal} with ${IN_FLIGHT} events in flight answers all of them OK, and exits with 0`, async () => {
      await using world = await startWorld(suite, { hasGate: true });
      const { gate, target, send, grants } = withGate(world);
      const userIds = Array.from({ length: IN_FLIGHT }, agsId);
      const answers = userIds.map((userId) => send({ userId }));
      await gate.holds(IN_FLIGHT);
      target.signal(signal);
      await target.logged(({ message }) => message === "Service is draining");
      gate.open();
      const statuses = (await Promise.all(answers)).map(({ status }) => status);
      assert.deepEqual(statuses, Array(IN_FLIGHT).fill("OK"));
      assert.deepEqual(userIds.map(grants), Array(IN_FLIGHT).fill(1));
      assert.deepEqual(await target.exited, { code: 0, signal: null });
      assert.match(target.stdout.at(-1) ?? "", /"message":"Service stopped"/);
    });
  }

  Deno.test(`${suite.name}: a service without events in flight exits with 0 at once`, async () => {
    await using world = await startWorld(suite, {
      // Never waited for: nothing is in flight.
      env: { SHUTDOWN_GRACE: "60m" },
    });
    const { channel, send, target } = world;
    assert.equal((await send()).status, "OK");
    assert.equal(await checkHealth(channel.client), "SERVING");
    target.signal("SIGTERM");
    assert.deepEqual(await target.exited, { code: 0, signal: null });
  });

  Deno.test(`${suite.name}: while it drains, health says so, watches hear of it, and new events are refused`, async () => {
    await using world = await startWorld(suite, { hasGate: true });
    const { channel, gate, target, send, grants } = withGate(world);
    const watch = watchHealth(channel.client);
    assert.deepEqual(await watch.next(), { status: "SERVING" });
    const userId = agsId();
    const early = send({ userId });
    await gate.holds(1);

    target.signal("SIGTERM");
    assert.deepEqual(await watch.next(), { status: "NOT_SERVING" });
    assert.equal(await watch.ended, "OK");
    // The caller's connection is told to go, and nobody gets a new one.
    await refused(target.grpcPort);
    const late = agsId();
    const { status } = await send({ userId: late, timeout: 5_000 });
    assert.match(status, /^(UNAVAILABLE|DEADLINE_EXCEEDED)$/);
    assert.match(
      await checkHealth(channel.client),
      /^(NOT_SERVING|UNAVAILABLE)$/,
    );

    gate.open();
    assert.equal((await early).status, "OK");
    assert.deepEqual([grants(userId), grants(late)], [1, 0]);
    assert.deepEqual(await target.exited, { code: 0, signal: null });
  });

  Deno.test(`${suite.name}: a caller that sends on its old connection while it drains is refused, not lost`, async () => {
    await using world = await startWorld(suite, {
      hasGate: true,
      env: SHORT_GRACE,
    });
    const { emulator, gate, target, send, grants } = withGate(world);
    const early = send();
    await gate.holds(1);
    using connection = await connectHttp2(target.grpcPort);
    const body = (userId: string) =>
      grpcMessage(eventBytes(emulator.namespace, { userId }));
    const first = await connection.call(PATHS[LOGGED_IN], body(agsId()));
    await gate.holds(2);
    target.signal("SIGTERM");
    await target.logged(({ message }) => message === "Service is draining");
    const userId = agsId();
    const late = await connection.call(PATHS[LOGGED_IN], body(userId));
    gate.open();
    assert.deepEqual(await connection.ended(first), { received: 5 });
    // Without a message: an error, a reset, or the connection's end.
    const end = await connection.ended(late);
    if (end !== "connection closed") assert.equal(end.received, 0);
    assert.equal((await early).status, "OK");
    assert.equal(grants(userId), 0);
    assert.deepEqual(await target.exited, { code: 0, signal: null });
    await connection.closed;
  });

  Deno.test(`${suite.name}: SHUTDOWN_GRACE covers all, with a dead broker, a dead collector and a handler that hangs`, async () => {
    // Takes connections, and says nothing on any.
    using hole = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const taken: Deno.Conn[] = [];
    const accepting = (async () => {
      for await (const connection of hole) taken.push(connection);
    })();
    const { port } = hole.addr as Deno.NetAddr;
    await using world = await startWorld(suite, {
      hasGate: true,
      env: {
        SOURCES: "grpc,kafka",
        KAFKA_BROKERS: `127.0.0.1:${port}`,
        OTEL_EXPORTER_ZIPKIN_ENDPOINT: `http://127.0.0.1:${port}/api/v2/spans`,
        SHUTDOWN_GRACE: "4s",
      },
    });
    const { gate, target, send } = withGate(world);
    const answer = send();
    await gate.holds(1);
    const told = performance.now();
    target.signal("SIGTERM");
    assert.equal((await answer).status, "UNAVAILABLE");
    assert.deepEqual(await target.exited, { code: 0, signal: null });
    // Kubernetes kills after 30 s: a machine that is busy has the rest of it.
    const seconds = (performance.now() - told) / 1_000;
    assert.ok(seconds < 30, `took ${seconds} s of 4`);
    for (const connection of taken) connection.close();
    hole.close();
    await accepting;
  });

  Deno.test(`${suite.name}: when SHUTDOWN_GRACE is over, what is left is answered UNAVAILABLE, and the exit code is 0`, async () => {
    await using world = await startWorld(suite, {
      hasGate: true,
      env: { SHUTDOWN_GRACE: "500ms" },
    });
    const { gate, target, send } = withGate(world);
    const answers = Array.from({ length: 20 }, () => send());
    await gate.holds(20);
    target.signal("SIGTERM");
    for (const { status } of await Promise.all(answers)) {
      assert.equal(status, "UNAVAILABLE");
    }
    assert.deepEqual(await target.exited, { code: 0, signal: null });
    const { level, count } = await target.logged(({ message }) =>
      message === "Events were aborted unfinished"
    );
    assert.deepEqual([level, count], ["warn", 20]);
  });

  Deno.test(`${suite.name}: streams that clients leave open do not keep it from stopping`, async () => {
    await using world = await startWorld(suite, { env: SHORT_GRACE });
    const { channel, target } = world;
    const conversation = reflect(channel.client, "v1");
    await conversation.ask({ list_services: "" });
    const watch = watchHealth(channel.client);
    await watch.next();
    target.signal("SIGTERM");
    assert.deepEqual(await target.exited, { code: 0, signal: null });
    await conversation.ended;
    await watch.ended;
  });

  Deno.test(`${suite.name}: a second signal ends it at once`, async () => {
    await using world = await startWorld(suite, { hasGate: true });
    const { gate, target, send } = withGate(world);
    const answer = send();
    await gate.holds(1);
    target.signal("SIGTERM");
    await target.logged(({ message }) => message === "Service is draining");
    target.signal("SIGTERM");
    assert.deepEqual(await target.exited, { code: 143, signal: null });
    assert.equal((await answer).status, "UNAVAILABLE");
  });
}

function withGate(world: World): World & { readonly gate: Gate } {
  const { gate } = world;
  if (gate === undefined) throw new TypeError("World has no gate");
  return { ...world, gate };
}

/** Asserts that a port takes no connections. */
async function refused(port: number): Promise<void> {
  await assert.rejects(
    Deno.connect({ hostname: "127.0.0.1", port }),
    Deno.errors.ConnectionRefused,
  );
}

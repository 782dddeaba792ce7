import assert from "node:assert/strict";
import { addHealth, type Health } from "../../lib/grpc/health.ts";
import { PROTO_FOLDER } from "./_fixture.ts";
import { checkHealth, watchHealth } from "./_clients.ts";
import { type Channel, serve } from "./_grpc.ts";

const SERVICES = ["shop.v1.OneService", "shop.v1.TwoService"];

async function serveHealth(): Promise<{ channel: Channel; health: Health }> {
  let health: Health | undefined;
  const channel = await serve((server) => {
    health = addHealth(server, {
      protoFolder: PROTO_FOLDER,
      services: SERVICES,
    });
  });
  return { channel, health: health! };
}

Deno.test("health says NOT_SERVING until told otherwise", async () => {
  const { channel, health } = await serveHealth();
  await using _ = channel;
  assert.equal(await checkHealth(channel.client), "NOT_SERVING");
  health.set("SERVING");
  assert.equal(await checkHealth(channel.client), "SERVING");
  health.set("NOT_SERVING");
  assert.equal(await checkHealth(channel.client), "NOT_SERVING");
});

Deno.test("health answers for the server, for each service and for itself", async () => {
  const { channel, health } = await serveHealth();
  await using _ = channel;
  health.set("SERVING");
  for (const service of ["", ...SERVICES, "grpc.health.v1.Health"]) {
    assert.equal(
      await checkHealth(channel.client, service),
      "SERVING",
      service,
    );
  }
  assert.equal(health.service, "grpc.health.v1.Health");
});

Deno.test("health answers NOT_FOUND for a service that is not served", async () => {
  const { channel, health } = await serveHealth();
  await using _ = channel;
  health.set("SERVING");
  for (
    const service of ["shop.v1.None", "OneService", "shop.v1", "__proto__"]
  ) {
    assert.equal(
      await checkHealth(channel.client, service),
      "NOT_FOUND",
      service,
    );
  }
});

Deno.test("a watch sees the status now, each change of it, and its end", async () => {
  const { channel, health } = await serveHealth();
  await using _ = channel;
  const watches = ["", SERVICES[0]!].map((service) =>
    watchHealth(channel.client, service)
  );
  for (const status of ["NOT_SERVING", "SERVING", "NOT_SERVING"] as const) {
    health.set(status);
    // The same again is no change.
    health.set(status);
    for (const { next } of watches) assert.deepEqual(await next(), { status });
  }
  health.endWatches();
  for (const { ended } of watches) assert.equal(await ended, "OK");
});

Deno.test("a watch of an unknown service says SERVICE_UNKNOWN and stays", async () => {
  const { channel, health } = await serveHealth();
  await using _ = channel;
  const unknown = watchHealth(channel.client, "shop.v1.None");
  assert.deepEqual(await unknown.next(), { status: "SERVICE_UNKNOWN" });
  health.set("SERVING");
  assert.deepEqual(await unknown.next(), { status: "SERVICE_UNKNOWN" });
  health.endWatches();
  assert.equal(await unknown.ended, "OK");
});

Deno.test("health bounds how many watches are open, and forgets those that ended", async () => {
  const { channel, health } = await serveHealth();
  await using _ = channel;
  const watches = Array.from(
    { length: 1_000 },
    () => watchHealth(channel.client),
  );
  for (const { next } of watches) await next();
  assert.equal(
    await watchHealth(channel.client).ended,
    "RESOURCE_EXHAUSTED",
  );
  // Whoever breaks off makes room for another.
  const gone = watches.splice(0, 10);
  for (const { cancel } of gone) cancel();
  for (const { ended } of gone) assert.equal(await ended, "CANCELLED");
  // On the same connection, so behind the cancels.
  assert.equal(await checkHealth(channel.client), "NOT_SERVING");
  const again = watchHealth(channel.client);
  assert.deepEqual(await again.next(), { status: "NOT_SERVING" });
  health.endWatches();
  for (const { ended } of [...watches, again]) assert.equal(await ended, "OK");
});

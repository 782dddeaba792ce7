import assert from "node:assert/strict";
import { CONSUMABLE_ITEM_ID } from "../../../dev/emulator/mod.ts";
import {
  FULFILLMENT_V1,
  open,
  send,
  type Session,
  userPath,
} from "./_client.ts";
import { PATIENCE } from "../../_support/patience.ts";

const BODY = JSON.stringify({ itemId: CONSUMABLE_ITEM_ID, quantity: 1 });

function deadline(): AbortSignal {
  return AbortSignal.timeout(PATIENCE);
}

function grants({ emulator }: Session): number {
  return emulator.state.grantCount("player", CONSUMABLE_ITEM_ID).grants;
}

/** Waits until the first fault has shown on a request, which now waits. */
async function untilDelayed({ emulator }: Session): Promise<void> {
  const signal = deadline();
  while (emulator.faults.list[0]?.shown === 0) {
    await send(`${emulator.url}/emulator`, "GET", { signal });
  }
}

/** Writes a grant on a bare connection, as `fetch` would. */
async function connect(session: Session): Promise<Deno.TcpConn> {
  const { hostname, port } = new URL(session.emulator.url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  const head = [
    `POST ${userPath("mygame", "player", "/fulfillment")} HTTP/1.1`,
    `Host: ${hostname}:${port}`,
    `Authorization: Bearer ${session.token}`,
    "Content-Type: application/json",
    `Content-Length: ${BODY.length}`,
  ].join("\r\n");
  await connection.write(new TextEncoder().encode(`${head}\r\n\r\n${BODY}`));
  return connection;
}

Deno.test(
  "reset resets the TCP connection and grants nothing",
  async () => {
    await using session = await open();
    session.emulator.faults.set([{ kind: "reset" }]);
    using connection = await connect(session);
    await assert.rejects(
      connection.read(new Uint8Array(1)),
      Deno.errors.ConnectionReset,
    );
    assert.equal(grants(session), 0);
    assert.equal(session.emulator.journal.requests().at(-1)?.status, null);
  },
);

Deno.test(
  "resetAfter grants and then resets the TCP connection",
  async () => {
    await using session = await open();
    session.emulator.faults.set([{ kind: "resetAfter" }]);
    using connection = await connect(session);
    await assert.rejects(
      connection.read(new Uint8Array(1)),
      Deno.errors.ConnectionReset,
    );
    assert.equal(grants(session), 1);
    assert.equal(session.emulator.journal.counters.byStatus.none, 1);
  },
);

Deno.test(
  "fetch fails on a reset and works on the next call",
  async () => {
    await using session = await open();
    session.emulator.faults.set([
      { kind: "reset", times: 1, match: { path: FULFILLMENT_V1 } },
    ]);
    await assert.rejects(session.grant("player"), TypeError);
    assert.equal((await session.grant("player")).status, 200);
    assert.equal(grants(session), 1);
  },
);

Deno.test(
  "after resetAfter a second try grants a second time",
  async () => {
    await using session = await open();
    session.emulator.faults.set([{ kind: "resetAfter", times: 1 }]);
    await assert.rejects(session.grant("player"), TypeError);
    assert.equal((await session.grant("player")).status, 200);
    assert.equal(grants(session), 2);
  },
);

Deno.test(
  "after resetAfter a second try of a transaction grants once",
  async () => {
    await using session = await open();
    session.emulator.faults.set([{ kind: "resetAfter", times: 1 }]);
    const body = { items: [{ itemId: CONSUMABLE_ITEM_ID, quantity: 1 }] };
    await assert.rejects(session.transact("player", "tx", body), TypeError);
    assert.equal((await session.transact("player", "tx", body)).status, 200);
    assert.equal(grants(session), 1);
  },
);

Deno.test(
  "resetAfter does not process what is not allowed",
  async () => {
    await using session = await open();
    session.emulator.faults.set([{ kind: "resetAfter", times: 1 }]);
    const headers = { authorization: "Bearer wrong" };
    const path = userPath("mygame", "player", "/fulfillment");
    await assert.rejects(
      session.call("POST", path, { headers, body: BODY }),
      TypeError,
    );
    assert.equal(grants(session), 0);
  },
);

for (const [kind, count] of [["hang", 0], ["hangAfter", 1]] as const) {
  Deno.test(
    `${kind} never answers and has granted ${count} times`,
    async () => {
      await using session = await open();
      session.emulator.faults.set([{ kind, times: 1 }]);
      const controller = new AbortController();
      const path = userPath("mygame", "player", "/fulfillment");
      const pending = session.call("POST", path, {
        headers: { "content-type": "application/json" },
        body: BODY,
        signal: controller.signal,
      });
      const settled = assert.rejects(pending, { name: "AbortError" });
      await session.emulator.journal.seen(1, { signal: deadline() });
      assert.equal(grants(session), count);
      controller.abort();
      await settled;
      assert.equal((await session.grant("player")).status, 200);
    },
  );
}

Deno.test(
  "a hanging request ends when the emulator stops",
  async () => {
    const session = await open();
    session.emulator.faults.set([{ kind: "hang" }]);
    const settled = assert.rejects(session.grant("player"), TypeError);
    await session.emulator.journal.seen(1, { signal: deadline() });
    await session[Symbol.asyncDispose]();
    await settled;
  },
);

Deno.test(
  "a delayed request ends when the emulator stops and is not processed",
  async () => {
    const session = await open();
    const { faults, journal } = session.emulator;
    faults.set([
      { kind: "latency", ms: 600_000, times: 1 },
      { kind: "error", status: 503 },
    ]);
    const settled = assert.rejects(session.grant("slow"), TypeError);
    await untilDelayed(session);
    await session[Symbol.asyncDispose]();
    await settled;
    assert.equal(journal.counters.requests, 0);
  },
);

Deno.test(
  "latency answers later than it says and as usual",
  async () => {
    await using session = await open();
    session.emulator.faults.set([{ kind: "latency", ms: 50 }]);
    const start = performance.now();
    const reply = await session.grant("player");
    assert.equal(reply.status, 200);
    assert.ok(performance.now() - start >= 49);
  },
);

Deno.test("latency holds up its own request only", async () => {
  await using session = await open();
  session.emulator.faults.set([
    {
      kind: "latency",
      ms: 600_000,
      match: { path: "/platform/admin/namespaces/mygame/users/slow" },
    },
  ]);
  const controller = new AbortController();
  const slow = session.call(
    "GET",
    userPath("mygame", "slow", "/entitlements"),
    {
      signal: controller.signal,
    },
  );
  const settled = assert.rejects(slow, { name: "AbortError" });
  assert.equal((await session.grant("fast")).status, 200);
  controller.abort();
  await settled;
});

Deno.test(
  "a request whose caller left during the delay is still processed",
  async () => {
    await using session = await open();
    const { faults, journal } = session.emulator;
    faults.set([{ kind: "latency", ms: 30 }]);
    const connection = await connect(session);
    await untilDelayed(session);
    connection.close();
    await journal.seen(1, { signal: deadline() });
    assert.equal(grants(session), 1);
  },
);

Deno.test(
  "slowBody sends the headers at once and then the whole body",
  async () => {
    await using session = await open();
    session.emulator.faults.set([
      { kind: "slowBody", chunkBytes: 100, intervalMs: 1 },
    ]);
    const reply = await session.grant("player");
    assert.equal(reply.status, 200);
    assert.equal(reply.json.entitlementSummaries.length, 1);
    assert.equal(
      reply.headers.get("content-length"),
      String(reply.text.length),
    );
  },
);

Deno.test(
  "slowBody gives headers long before the body ends",
  async () => {
    const session = await open();
    session.emulator.faults.set([{ kind: "slowBody", intervalMs: 600_000 }]);
    const path = userPath("mygame", "player", "/entitlements");
    const response = await fetch(session.emulator.url + path, {
      headers: { authorization: `Bearer ${session.token}` },
      signal: deadline(),
    });
    assert.equal(response.status, 200);
    const text = response.text();
    const settled = assert.rejects(text, TypeError);
    await session[Symbol.asyncDispose]();
    await settled;
  },
);

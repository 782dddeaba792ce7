import assert from "node:assert/strict";
import {
  type EmulatorOptions,
  startEmulator,
} from "../../../dev/emulator/mod.ts";
import { login, open, send } from "./_client.ts";
import { PATIENCE } from "../../_support/patience.ts";

Deno.test(
  "an emulator that nobody calls leaves nothing behind",
  async () => {
    await using emulator = await startEmulator();
    assert.match(emulator.url, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(emulator.namespace, "mygame");
  },
);

Deno.test(
  "disposing closes idle connections and the port",
  async () => {
    const session = await open();
    const { hostname, port } = new URL(session.emulator.url);
    using connection = await Deno.connect({ hostname, port: Number(port) });
    await session.grant("player");
    await session[Symbol.asyncDispose]();
    // Closed in order or reset: either way nothing comes any more.
    const end = await connection.read(new Uint8Array(1)).catch(() => null);
    assert.equal(end, null);
    await assert.rejects(
      Deno.connect({ hostname, port: Number(port) }),
      Deno.errors.ConnectionRefused,
    );
  },
);

Deno.test("disposing while requests are under way leaves nothing behind", async () => {
  const session = await open();
  const pending = Array.from({ length: 20 }, async () => {
    try {
      return (await login(session.emulator.url)).status;
    } catch {
      return "broken";
    }
  });
  await session.emulator.journal.seen(1, {
    signal: AbortSignal.timeout(PATIENCE),
  });
  await session[Symbol.asyncDispose]();
  for (const outcome of await Promise.all(pending)) {
    assert.ok(outcome === 200 || outcome === "broken", String(outcome));
  }
});

Deno.test("what is not HTTP does no harm", async () => {
  await using session = await open();
  const { hostname, port } = new URL(session.emulator.url);
  for (const text of ["\u0000\u0001\u0002\r\n\r\n", "GET\r\n\r\n", "{}"]) {
    const connection = await Deno.connect({ hostname, port: Number(port) });
    await connection.write(new TextEncoder().encode(text));
    connection.close();
  }
  assert.equal((await session.grant("player")).status, 200);
  assert.equal(session.emulator.journal.counters.requests, 1);
});

Deno.test("disposing twice is harmless", async () => {
  const emulator = await startEmulator();
  await emulator[Symbol.asyncDispose]();
  await emulator[Symbol.asyncDispose]();
});

Deno.test("the port can be chosen and be taken", async () => {
  await using first = await startEmulator();
  const port = Number(new URL(first.url).port);
  await assert.rejects(startEmulator({ port }), { code: "EADDRINUSE" });
  await first[Symbol.asyncDispose]();
  await using second = await startEmulator({ port });
  assert.equal(second.url, first.url);
  assert.equal((await login(second.url)).status, 200);
});

Deno.test("an IPv6 address is written as one in the URL", async () => {
  await using emulator = await startEmulator({ hostname: "::1" });
  assert.match(emulator.url, /^http:\/\/\[::1\]:\d+$/);
  assert.equal((await send(`${emulator.url}/emulator`, "GET")).status, 200);
});

Deno.test("two emulators share nothing but the process", async () => {
  await using one = await open();
  await using other = await open();
  await one.grant("player");
  assert.equal(other.emulator.state.players, 0);
  assert.equal(other.emulator.journal.counters.requests, 0);
});

const ITEM = {
  itemId: "a",
  name: "A",
  itemType: "INGAMEITEM",
  entitlementType: "DURABLE",
} as const;

const INVALID: readonly {
  readonly options: EmulatorOptions;
  readonly message: RegExp;
}[] = [
  { options: { namespace: "" }, message: /namespace is empty/ },
  { options: { clientId: "" }, message: /clientId is empty/ },
  { options: { clientSecret: "" }, message: /clientSecret is empty/ },
  {
    options: { port: 65_536 },
    message: /port is 65536, expected an integer from 0 to 65535/,
  },
  { options: { port: 1.5 }, message: /port is 1.5/ },
  {
    options: { tokenLifetime: 0 },
    message: /tokenLifetime is 0, expected an integer from 1/,
  },
  {
    options: { items: [ITEM, { ...ITEM, name: "B" }] },
    message: /item "B": the itemId "a" is taken by "A"/,
  },
  {
    options: {
      items: [{ ...ITEM, sku: "s" }, { ...ITEM, itemId: "b", sku: "s" }],
    },
    message: /the sku "s" is taken/,
  },
  {
    options: { items: [{ ...ITEM, itemId: "" }] },
    message: /its itemId is empty/,
  },
  {
    options: { items: [{ ...ITEM, itemType: "COINS" }] },
    message: /a COINS item needs a targetCurrencyCode/,
  },
  {
    options: { items: [{ ...ITEM, useCount: 0 }] },
    message: /useCount is 0, expected a positive integer/,
  },
];

for (const { options, message } of INVALID) {
  Deno.test(`options are refused: ${message.source}`, async () => {
    await assert.rejects(startEmulator(options), (error) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.message, message);
      return true;
    });
  });
}

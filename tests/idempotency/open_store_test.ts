import assert from "node:assert/strict";
import { openStore } from "../../lib/idempotency/open_store.ts";
import { parseAll, REQUIRED_VARIABLES } from "../_support/config.ts";
import { recordLog } from "../_support/log.ts";
import { deadUrl } from "../ags/_server.ts";

function configOf(store: string) {
  return parseAll({ ...REQUIRED_VARIABLES, IDEMPOTENCY_STORE: store })
    .config;
}

const CLAIM = { token: "a", lease: 1_000, ttl: 1_000 };

for (const name of ["memory", "cloudsave"]) {
  Deno.test(`openStore() opens ${name}`, async () => {
    await using store = openStore({ config: configOf(name), log: recordLog() });
    assert.equal(store?.name, name);
  });
}

Deno.test("openStore() opens nothing for none", () => {
  const store = openStore({ config: configOf("none"), log: recordLog() });
  assert.equal(store, undefined);
});

Deno.test("openStore() opens Redis without a server, and says once that there is none, without the password", async () => {
  const log = recordLog();
  const { port } = new URL(deadUrl());
  const config = configOf(`redis://me:hush@127.0.0.1:${port}`);
  const claims: string[] = [];
  await using store = openStore({
    config,
    log,
    observer: {
      claimed: () => {},
      took: () => {},
      failed: (name, operation) => claims.push(`${name} ${operation}`),
    },
  });
  assert.ok(store);
  const errors = [];
  for (let time = 0; time < 2; time++) {
    errors.push(await store.claim("k", CLAIM).catch((error) => error));
  }
  assert.deepEqual(claims, ["redis claim", "redis claim"]);
  assert.deepEqual(log.lines.map(({ level, message }) => [level, message]), [
    ["error", "Idempotency store cannot be used: events will fail"],
  ]);
  assert.doesNotMatch(Deno.inspect([log.lines, errors], { depth: 9 }), /hush/);
});

import assert from "node:assert/strict";
import {
  CONSUMABLE_ITEM_ID,
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  DEFAULT_NAMESPACE,
  startEmulator,
} from "../../dev/emulator/mod.ts";
import { createAgsClient } from "../../lib/ags/client.ts";
import type { AgsMethod } from "../../lib/core/context.ts";
import { Secret } from "../../lib/config/secret.ts";
import { PATIENCE } from "../_support/patience.ts";

const FULFILLMENT =
  "/platform/admin/namespaces/{namespace}/users/{userId}/fulfillment";

async function requestsSeen(
  method: AgsMethod,
  options: { readonly body?: unknown },
): Promise<number> {
  await using emulator = await startEmulator();
  using client = createAgsClient({
    baseUrl: emulator.url,
    clientId: DEFAULT_CLIENT_ID,
    clientSecret: new Secret(DEFAULT_CLIENT_SECRET),
    namespace: DEFAULT_NAMESPACE,
    backoff: { maxAttempts: 1 },
  });
  const ags = client.bind({ signal: AbortSignal.timeout(PATIENCE) });
  // The connection that breaks has to be one that was kept.
  await client.ready(AbortSignal.timeout(PATIENCE));
  emulator.journal.clear();
  emulator.faults.set([{ kind: "resetAfter", times: 5 }]);
  const params = { userId: "u1" };
  await assert.rejects(
    ags.request(method, FULFILLMENT, { params, ...options }),
  );
  return emulator.journal.requests().length;
}

for (const method of ["POST", "PUT", "PATCH", "DELETE"] as const) {
  const body = { itemId: CONSUMABLE_ITEM_ID, quantity: 1, source: "REWARD" };
  Deno.test(`a ${method} whose connection breaks before the answer is sent once`, async () => {
    assert.equal(await requestsSeen(method, { body }), 1);
  });
  Deno.test(`a ${method} without a body whose connection breaks is sent once`, async () => {
    assert.equal(await requestsSeen(method, {}), 1);
  });
}

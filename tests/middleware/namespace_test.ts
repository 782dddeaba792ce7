import assert from "node:assert/strict";
import type { Delivery } from "../../lib/core/dispatcher.ts";
import { HANDLED, type Outcome } from "../../lib/core/outcome.ts";
import { namespace } from "../../lib/middleware/namespace.ts";
import { testDelivery, testEvent, testHandler } from "../_support/delivery.ts";

async function outcomeIn(
  delivery: Partial<Delivery>,
): Promise<Outcome | "handled, seen"> {
  let seen: Delivery | undefined;
  const given = testDelivery(delivery);
  const result = await namespace("own")(given, (each) => {
    seen = each;
    return Promise.resolve(HANDLED);
  });
  if (seen === undefined) return result.outcome;
  assert.equal(seen, given);
  return `${result.outcome as "handled"}, seen`;
}

Deno.test("namespace() lets events of its own namespace pass", async () => {
  const event = testEvent({ namespace: "own" });
  assert.equal(await outcomeIn({ event }), "handled, seen");
});

Deno.test("namespace() skips events of other namespaces", async () => {
  for (const other of ["other", "own-2", "OWN", "ow", " own"]) {
    const event = testEvent({ namespace: other });
    assert.equal(await outcomeIn({ event }), "skipped", `namespace "${other}"`);
  }
});

Deno.test("namespace() lets events pass that name none, malformed ones among them", async () => {
  const { namespace: _namespace, ...event } = testEvent();
  assert.equal(await outcomeIn({ event }), "handled, seen");
});

Deno.test("namespace() lets a handler of any namespace have events of all", async () => {
  const event = testEvent({ namespace: "publisher" });
  const handlerWith = (anyNamespace: boolean) =>
    testHandler(() => {}, { anyNamespace });
  assert.equal(
    await outcomeIn({ event, handler: handlerWith(true) }),
    "handled, seen",
  );
  assert.equal(
    await outcomeIn({ event, handler: handlerWith(false) }),
    "skipped",
  );
});

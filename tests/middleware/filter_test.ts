import assert from "node:assert/strict";
import type { Delivery } from "../../lib/core/dispatcher.ts";
import { HANDLED } from "../../lib/core/outcome.ts";
import { filter } from "../../lib/middleware/filter.ts";
import { testDelivery, testEvent, testHandler } from "../_support/delivery.ts";

/** What came through the policy. */
async function through(overrides: Partial<Delivery>) {
  const passed: Delivery[] = [];
  const result = await filter()(testDelivery(overrides), (delivery) => {
    passed.push(delivery);
    return Promise.resolve(HANDLED);
  });
  return { result, passed };
}

Deno.test("filter() skips what the handler does not want, and asks once", async () => {
  const seen: unknown[] = [];
  for (const isWanted of [true, false]) {
    const handler = testHandler(() => {}, {
      filter(event) {
        seen.push(event);
        return isWanted;
      },
    });
    const { result, passed } = await through({ handler });
    assert.equal(result.outcome, isWanted ? "handled" : "skipped");
    assert.equal(passed.length, isWanted ? 1 : 0);
  }
  assert.deepEqual(seen, [testEvent(), testEvent()]);
});

Deno.test("filter() lets all pass where the handler has none", async () => {
  const { result } = await through({ handler: testHandler() });
  assert.equal(result.outcome, "handled");
});

Deno.test("filter() has an event fail by what the filter throws, inside of the pipe", async () => {
  const boom = new Error("boom");
  const handler = testHandler(() => {}, {
    filter() {
      throw boom;
    },
  });
  const delivery = testDelivery({ handler });
  let inner: Delivery | undefined;
  await filter()(delivery, (each) => {
    inner = each;
    each.attempt = 3;
    each.claim = "claimed";
    return Promise.resolve(HANDLED);
  });
  assert.equal(inner?.refusal, boom);
  // Policies outside see what is learnt inside.
  assert.deepEqual([delivery.attempt, delivery.claim], [3, "claimed"]);
});

Deno.test("filter() does not ask of an event that is refused already", async () => {
  const handler = testHandler(() => {}, {
    filter() {
      throw new Error("asked");
    },
  });
  const refusal = new Error("malformed");
  const { passed } = await through({ handler, refusal });
  assert.equal(passed[0]?.refusal, refusal);
});

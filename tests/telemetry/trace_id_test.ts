import assert from "node:assert/strict";
import fc from "fast-check";
import { HANDLED } from "../../lib/core/outcome.ts";
import { traceIds } from "../../lib/telemetry/trace_id.ts";
import { testDelivery } from "../_support/delivery.ts";
import { arrivalOf } from "./_arrival.ts";

const TRACE_ID = "463ac35c9f6413ad48485a3953bb6124";
const OTHER_TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const SPAN_ID = "a2fb4a1d1a96d312";

async function traceIdOf(headers: Readonly<Record<string, string>>) {
  const delivery = testDelivery({ arrival: arrivalOf(headers) });
  const result = await traceIds()(delivery, () => Promise.resolve(HANDLED));
  assert.equal(result, HANDLED);
  return delivery.traceId;
}

Deno.test("traceIds() finds the caller's trace in each format, and none where there is none", async () => {
  const cases: [Record<string, string>, string | undefined][] = [
    [{ traceparent: `00-${TRACE_ID}-${SPAN_ID}-01` }, TRACE_ID],
    [{ b3: `${TRACE_ID}-${SPAN_ID}-1` }, TRACE_ID],
    [{ b3: `${SPAN_ID}-${SPAN_ID}` }, `0000000000000000${SPAN_ID}`],
    [{ "x-b3-traceid": TRACE_ID }, TRACE_ID],
    [{
      traceparent: `00-${TRACE_ID}-${SPAN_ID}-01`,
      b3: `${OTHER_TRACE_ID}-${SPAN_ID}-1`,
    }, OTHER_TRACE_ID],
    // Only a decision, no trace.
    [{ b3: "0", traceparent: `00-${TRACE_ID}-${SPAN_ID}-01` }, TRACE_ID],
    [{ traceparent: `ff-${TRACE_ID}-${SPAN_ID}-01` }, undefined],
    [{ traceparent: `00-${"0".repeat(32)}-${SPAN_ID}-01` }, undefined],
    [{ b3: `${"0".repeat(16)}-${SPAN_ID}-1` }, undefined],
    [{ b3: "jane@example.com" }, undefined],
    [{}, undefined],
  ];
  for (const [headers, wanted] of cases) {
    assert.equal(await traceIdOf(headers), wanted, JSON.stringify(headers));
  }
});

Deno.test("traceIds() takes an event that no headers came with", async () => {
  const delivery = testDelivery();
  await traceIds()(delivery, () => Promise.resolve(HANDLED));
  assert.equal(delivery.traceId, undefined);
});

Deno.test("traceIds() makes nothing of malformed headers but an id or nothing", async () => {
  await fc.assert(fc.asyncProperty(
    fc.record({
      traceparent: fc.string({ unit: "binary" }),
      b3: fc.string({ unit: "binary" }),
      "x-b3-traceid": fc.string({ unit: "binary" }),
    }, { requiredKeys: [], noNullPrototype: true }),
    async (headers) => {
      assert.match(await traceIdOf(headers) ?? TRACE_ID, /^[\da-f]{32}$/);
    },
  ));
});

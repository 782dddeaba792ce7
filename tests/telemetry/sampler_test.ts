import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { ROOT_CONTEXT, SpanKind, trace, TraceFlags } from "@opentelemetry/api";
import { SamplingDecision } from "@opentelemetry/sdk-trace";
import type { SamplerName } from "../../lib/config/otel.ts";
import { createSampler } from "../../lib/telemetry/sampler.ts";

const TRACE_ID = "463ac35c9f6413ad48485a3953bb6124";

function isKept(
  name: SamplerName,
  { share = 1, parent, traceId = TRACE_ID }: {
    readonly share?: number;
    readonly parent?: TraceFlags;
    readonly traceId?: string;
  } = {},
): boolean {
  const context = parent === undefined
    ? ROOT_CONTEXT
    : trace.setSpanContext(ROOT_CONTEXT, {
      traceId,
      spanId: "a2fb4a1d1a96d312",
      traceFlags: parent,
      isRemote: true,
    });
  const { decision } = createSampler(name, share)
    .shouldSample(context, traceId, "name", SpanKind.SERVER, {}, []);
  return decision === SamplingDecision.RECORD_AND_SAMPLED;
}

const { NONE, SAMPLED } = TraceFlags;

for (
  const [name, alone, belowUnsampled, belowSampled] of [
    ["always_on", true, true, true],
    ["always_off", false, false, false],
    ["traceidratio", true, true, true],
    ["parentbased_always_on", true, false, true],
    ["parentbased_always_off", false, false, true],
    ["parentbased_traceidratio", true, false, true],
  ] as const
) {
  Deno.test(`createSampler() makes ${name}`, () => {
    assert.deepEqual([
      isKept(name),
      isKept(name, { parent: NONE }),
      isKept(name, { parent: SAMPLED }),
    ], [alone, belowUnsampled, belowSampled]);
  });
}

Deno.test("createSampler() keeps the share of traces that it is told, the same ones each time", () => {
  const ids = Array.from(
    { length: 2_000 },
    (_, index) =>
      createHash("sha256").update(`${index}`).digest("hex").slice(0, 32),
  );
  for (const name of ["traceidratio", "parentbased_traceidratio"] as const) {
    const kept = (share: number) =>
      ids.filter((traceId) => isKept(name, { share, traceId }));
    assert.equal(kept(0).length, 0);
    assert.equal(kept(1).length, ids.length);
    const some = kept(0.25);
    assert.ok(some.length > 400 && some.length < 600, String(some.length));
    assert.deepEqual(kept(0.25), some);
  }
});

import assert from "node:assert/strict";
import { context, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import type { OtelConfig } from "../../lib/config/otel.ts";
import { startTracing } from "../../lib/telemetry/tracing.ts";
import { on } from "../../mod.ts";
import { LOGGED_IN } from "../conformance/_events.ts";
import { testConfig } from "../_support/config.ts";
import { recordLog } from "../_support/log.ts";
import { startTracedService } from "./_traced_service.ts";
import { startCollector } from "./_zipkin_collector.ts";

const TRACE_ID = "463ac35c9f6413ad48485a3953bb6124";
const B3 = { b3: `${TRACE_ID}-a2fb4a1d1a96d312-1` };

const OFF: readonly Partial<OtelConfig>[] = [
  {},
  { otelSdkDisabled: true, otelTracesExporter: "zipkin" },
  { otelTracesExporter: "none" },
];

for (const config of OFF) {
  Deno.test(`With ${JSON.stringify(config)} no spans are made, nobody is dialled, and logs name the caller's trace`, async () => {
    await using collector = startCollector();
    const isSet = Object.keys(config).length > 0;
    await using traced = await startTracedService({
      config: {
        ...config,
        ...(isSet && { otelZipkinEndpoint: collector.url }),
      },
    });
    assert.equal(await traced.send(B3), "OK");
    assert.equal(await traced.send(), "OK");
    assert.ok(!trace.getTracer("handler").startSpan("none").isRecording());
    assert.equal(context.active(), ROOT_CONTEXT);
    await traced.service.drain();
    assert.equal(collector.requests, 0);
    for (const { headers } of traced.emulator.journal.requests()) {
      assert.equal(headers.traceparent ?? headers.b3, undefined);
    }
    const lines = traced.log.lines.filter(({ message }) =>
      message === "Event handled"
    );
    assert.deepEqual(lines.map(({ fields }) => fields.traceID), [
      TRACE_ID,
      undefined,
    ]);
    assert.ok(!("traceID" in (lines[1]?.fields ?? {})));
  });
}

Deno.test("OTLP without the runtime's part in it is said to go nowhere", async () => {
  // OTEL_DENO as when it stands in .env: the runtime reads the environment before.
  const cases = [{ otelTracesExporter: "otlp" }, { otelDeno: true }] as const;
  for (const config of cases) {
    const log = recordLog();
    await using tracing = await startTracing({
      config: testConfig(config),
      log,
    });
    assert.equal(tracing.traceCall, undefined);
    assert.equal(log.lines.length, 1);
    assert.equal(log.lines[0]?.level, "warn");
    assert.match(log.lines[0]?.message ?? "", /^Spans are not sent to OTLP: /);
  }
});

Deno.test("With traces off, what a handler logs names the caller's trace, where there is one", async () => {
  await using traced = await startTracedService({
    handlers: [on(LOGGED_IN, (_event, ctx) => ctx.log.info("Handler runs"))],
  });
  await traced.send(B3);
  await traced.send();
  const lines = traced.log.lines.filter(({ message }) =>
    message === "Handler runs"
  );
  assert.deepEqual(lines.map(({ fields }) => fields.traceID), [
    TRACE_ID,
    undefined,
  ]);
});

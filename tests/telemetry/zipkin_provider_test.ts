import assert from "node:assert/strict";
import { context, trace, type Tracer } from "@opentelemetry/api";
import type { OtelConfig } from "../../lib/config/otel.ts";
import { createPropagation } from "../../lib/telemetry/propagation.ts";
import { startZipkinProvider } from "../../lib/telemetry/zipkin_provider.ts";
import { testConfig } from "../_support/config.ts";
import { settle } from "../_support/fake_time.ts";
import { recordLog } from "../_support/log.ts";
import { startCollector } from "./_zipkin_collector.ts";

function start(config: Partial<OtelConfig>) {
  const log = recordLog();
  const provider = startZipkinProvider({
    config: testConfig({ otelBspScheduleDelay: 600_000, ...config }),
    log,
    propagation: createPropagation(["tracecontext"]),
  });
  return { log, provider, tracer: provider.getTracer("test") };
}

function end(tracer: Tracer, count: number): void {
  for (let made = 0; made < count; made++) tracer.startSpan("work").end();
}

/** An address where nobody listens. */
function nowhere(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return `http://127.0.0.1:${listener.addr.port}/api/v2/spans`;
}

Deno.test("A collector that is not there costs one warning, and its spans", async () => {
  const otelZipkinEndpoint = nowhere();
  const { log, provider, tracer } = start({
    otelZipkinEndpoint,
    otelBspMaxExportBatchSize: 10,
  });
  {
    await using _provider = provider;
    for (let flushes = 0; flushes < 5; flushes++) {
      end(tracer, 10);
      await provider.flush();
    }
    assert.equal(log.lines.length, 1);
    const [line] = log.lines;
    assert.equal(line?.level, "warn");
    assert.equal(line?.fields.endpoint, otelZipkinEndpoint);
    assert.equal(line?.fields.undelivered, 10);
    assert.match(String(line?.fields.error), /refused/i);
  }
  // And one at the end, with the rest.
  assert.equal(log.lines.length, 2);
  assert.equal(log.lines[1]?.fields.undelivered, 40);
});

Deno.test("A collector that refuses is said to have, with its status", async () => {
  await using collector = startCollector({
    answer: () => new Response("no", { status: 503 }),
  });
  const { log, provider, tracer } = start({
    otelZipkinEndpoint: collector.url,
  });
  await using _provider = provider;
  end(tracer, 3);
  await provider.flush();
  assert.equal(log.lines[0]?.fields.undelivered, 3);
  assert.equal(
    log.lines[0]?.fields.error,
    "Zipkin answered 503: expected 202",
  );
});

Deno.test("Spans are not sent where a redirect points to", async () => {
  await using other = startCollector();
  await using collector = startCollector({
    answer: () => Response.redirect(other.url, 307),
  });
  const { log, provider, tracer } = start({
    otelZipkinEndpoint: collector.url,
  });
  await using _provider = provider;
  end(tracer, 1);
  await provider.flush();
  assert.equal(other.requests, 0);
  assert.equal(log.lines[0]?.fields.undelivered, 1);
});

Deno.test("Spans beyond the queue are dropped and counted, and no span waits for the collector", async () => {
  const asked = Promise.withResolvers<void>();
  await using collector = startCollector({
    answer: () => {
      asked.resolve();
      // Never, as long as somebody waits for it.
      return new Promise<Response>(() => {});
    },
  });
  const { log, provider, tracer } = start({
    otelZipkinEndpoint: collector.url,
    otelBspMaxQueueSize: 20,
    otelBspMaxExportBatchSize: 10,
    otelBspExportTimeout: 200,
  });
  {
    await using _provider = provider;
    // Ten are on their way, twenty wait, the rest has no place.
    end(tracer, 10);
    await asked.promise;
    end(tracer, 100);
    assert.deepEqual(
      log.lines.map(({ fields: { dropped, undelivered } }) => [
        dropped,
        undelivered,
      ]),
      [[1, 0]],
    );
  }
  // Ending it had the three deliveries end by their own time.
  const last = log.lines.at(-1)?.fields;
  assert.deepEqual([last?.dropped, last?.undelivered], [79, 30]);
});

Deno.test("A delivery ends by its own time, and is a loss then", async () => {
  await using collector = startCollector({
    answer: () => new Promise<Response>(() => {}),
  });
  const { log, provider, tracer } = start({
    otelZipkinEndpoint: collector.url,
    otelBspExportTimeout: 50,
  });
  await using _provider = provider;
  end(tracer, 1);
  await provider.flush();
  assert.equal(log.lines[0]?.fields.undelivered, 1);
  assert.match(String(log.lines[0]?.fields.error), /timeout/);
});

Deno.test("A collector that never answers does not keep the service from stopping", async () => {
  await using collector = startCollector({
    answer: () => new Promise<Response>(() => {}),
  });
  const { log, provider, tracer } = start({
    otelZipkinEndpoint: collector.url,
  });
  end(tracer, 1);
  const before = performance.now();
  await provider[Symbol.asyncDispose]();
  const waited = performance.now() - before;
  // Far from the 30 seconds that one delivery may take.
  assert.ok(waited < 10_000, `${waited} ms`);
  await settle();
  assert.ok(log.lines.every(({ level }) => level === "warn"));
});

Deno.test("What the provider registers is gone when it is disposed of", async () => {
  await using collector = startCollector();
  for (const round of [1, 2]) {
    const { provider } = start({ otelZipkinEndpoint: collector.url });
    {
      await using _provider = provider;
      trace.getTracer("handler").startActiveSpan(`round ${round}`, (span) => {
        assert.equal(trace.getSpan(context.active()), span);
        span.end();
      });
    }
    trace.getTracer("handler").startSpan("nowhere").end();
  }
  assert.deepEqual(collector.spans.map(({ name }) => name), [
    "round 1",
    "round 2",
  ]);
});

Deno.test("Every span says of the service what the settings do", async () => {
  const cases: [Partial<OtelConfig>, string, string | undefined][] = [
    [{}, "extend-event-handler", undefined],
    [{ otelServiceName: "mine" }, "mine", undefined],
    [
      { otelResourceAttributes: "service.name=theirs,region=a%2Cb" },
      "theirs",
      "a,b",
    ],
    [
      {
        otelServiceName: "mine",
        otelResourceAttributes: "service.name=theirs",
      },
      "mine",
      undefined,
    ],
  ];
  for (const [config, service, region] of cases) {
    await using collector = startCollector();
    {
      const { provider, tracer } = start({
        otelZipkinEndpoint: collector.url,
        ...config,
      });
      await using _provider = provider;
      end(tracer, 1);
    }
    const [span] = collector.spans;
    assert.equal(span?.localEndpoint.serviceName, service);
    assert.equal(span?.tags.region, region);
    assert.equal(span?.tags["service.name"], undefined);
  }
});

Deno.test("What the sampler does not keep is not sent, and goes on being one trace", async () => {
  await using collector = startCollector();
  const { provider, tracer } = start({
    otelZipkinEndpoint: collector.url,
    otelTracesSampler: "always_off",
  });
  const span = tracer.startSpan("work");
  assert.ok(!span.isRecording());
  assert.match(span.spanContext().traceId, /^[\da-f]{32}$/);
  span.end();
  await provider[Symbol.asyncDispose]();
  assert.equal(collector.requests, 0);
});

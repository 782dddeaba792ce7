/**
 * Rules about traces: with the permissions that the service has, in every form of it.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { JournalRequest } from "../../dev/emulator/mod.ts";
import { agsId, LOGGED_IN } from "./_events.ts";
import { startCollector } from "../telemetry/_zipkin_collector.ts";
import {
  type OtlpSpan,
  startOtlpCollector,
} from "../telemetry/_otlp_collector.ts";
import { startWorld, type Suite } from "./_world.ts";

const TRACE_ID = "463ac35c9f6413ad48485a3953bb6124";
const SPAN_ID = "a2fb4a1d1a96d312";
const TRACEPARENT = `00-${TRACE_ID}-${SPAN_ID}-01`;

/** Registers the rules. */
export function traceRules(suite: Suite): void {
  Deno.test(`${suite.name}: with Zipkin's address, what it did is a trace there by the time it has stopped`, async () => {
    await using collector = startCollector();
    const userId = agsId();
    {
      await using world = await startWorld(suite, {
        env: {
          OTEL_EXPORTER_ZIPKIN_ENDPOINT: collector.url,
          OTEL_SERVICE_NAME: "my-handler",
          OTEL_RESOURCE_ATTRIBUTES: "deployment.environment=test",
        },
      });
      const headers = { b3: `${TRACE_ID}-${SPAN_ID}-1` };
      const { status } = await world.send({ headers, userId });
      assert.equal(status, "OK");
      const { traceID } = await world.target.logged(({ message }) =>
        message === "Event handled"
      );
      assert.equal(traceID, TRACE_ID);
      world.target.signal("SIGTERM");
      assert.equal((await world.target.exited).code, 0);
    }
    const event = collector.spans.find(({ name }) => name === LOGGED_IN);
    assert.equal(event?.traceId, TRACE_ID);
    assert.equal(event?.parentId, SPAN_ID);
    assert.equal(event?.localEndpoint.serviceName, "my-handler");
    assert.equal(event?.tags["deployment.environment"], "test");
    const grant = collector.spans.find(({ name }) =>
      name.endsWith("/fulfillment")
    );
    assert.equal(grant?.parentId, event?.id);
    assert.ok(!collector.text.includes(userId));
  });

  if (!suite.sendsOtlp) {
    Deno.test(`${suite.name}: with OTEL_DENO, which it was not compiled with, it says that spans do not go there`, async () => {
      await using collector = startOtlpCollector();
      await using world = await startWorld(suite, {
        env: {
          OTEL_DENO: "true",
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        },
      });
      await world.target.logged(({ level, message }) =>
        level === "warn" && /^Spans are not sent to OTLP: /.test(`${message}`)
      );
      assert.equal((await world.send()).status, "OK");
      assert.deepEqual(collector.spans, []);
    });
    return;
  }

  Deno.test(`${suite.name}: with OTEL_DENO, the runtime sends the same trace by OTLP`, async () => {
    await using collector = startOtlpCollector();
    let received: readonly JournalRequest[] = [];
    {
      await using world = await startWorld(suite, {
        env: {
          OTEL_DENO: "true",
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
          OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
          OTEL_SERVICE_NAME: "my-handler",
        },
      });
      const headers = { traceparent: TRACEPARENT, baggage: "tier=gold" };
      assert.equal((await world.send({ headers })).status, "OK");
      await world.target.logged(({ level, message }) =>
        level === "warn" && /drop url\.full/.test(`${message}`)
      );
      received = world.emulator.journal.requests();
      world.target.signal("SIGTERM");
      assert.equal((await world.target.exited).code, 0);
    }
    const named = (is: (span: OtlpSpan) => boolean) => {
      const found = collector.spans.find(is);
      assert.ok(found, JSON.stringify(collector.spans));
      return found;
    };
    const event = named(({ name }) => name === LOGGED_IN);
    assert.equal(event.traceId, TRACE_ID);
    assert.equal(event.parentSpanId, SPAN_ID);
    assert.equal(event.service, "my-handler");
    assert.equal(event.attributes["event.outcome"], "handled");
    const grant = named(({ name }) => name.endsWith("/fulfillment"));
    assert.equal(grant.parentSpanId, event.spanId);
    // The runtime's own span of the request that was sent lies below.
    const sent = named(({ name, parentSpanId }) =>
      name === "POST" && parentSpanId === grant.spanId
    );
    assert.equal(sent.traceId, TRACE_ID);
    const { headers } =
      received.find(({ method, path }) =>
        method === "POST" && path.endsWith("/fulfillment")
      ) ?? {};
    assert.equal(headers?.traceparent, `00-${TRACE_ID}-${sent.spanId}-01`);
    assert.equal(headers?.b3, `${TRACE_ID}-${grant.spanId}-1`);
    assert.equal(headers?.baggage, undefined);
  });
}

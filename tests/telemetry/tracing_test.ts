import assert from "node:assert/strict";
import { itemToGrant } from "../../dev/reference/settings.ts";
import { context, propagation, trace } from "@opentelemetry/api";
import { on, RetryableError, TerminalError } from "../../mod.ts";
import { agsId, LOGGED_IN } from "../conformance/_events.ts";
import { startTracedService } from "./_traced_service.ts";
import { type SentSpan, startCollector } from "./_zipkin_collector.ts";

const TRACE_ID = "463ac35c9f6413ad48485a3953bb6124";
const SPAN_ID = "a2fb4a1d1a96d312";
const B3 = { b3: `${TRACE_ID}-${SPAN_ID}-1` };

const isEvent = (span: SentSpan) => span.name === LOGGED_IN;
const FULFILLMENT =
  "POST /platform/admin/namespaces/{namespace}/users/{userId}/fulfillment";
const LOGIN = "POST /iam/v3/oauth/token";

Deno.test("An event, its login and its grant are one trace below the caller's span, in Zipkin's JSON", async () => {
  await using collector = startCollector();
  const userId = agsId();
  const id = agsId();
  {
    await using traced = await startTracedService({
      config: { otelZipkinEndpoint: collector.url },
    });
    assert.equal(await traced.send(B3, { userId, id }), "OK");
    await traced.service.drain();
    const { hostname, port } = new URL(traced.emulator.url);
    assert.equal(collector.requests, 1, "spans come in one batch");
    const event = collector.spans.find(isEvent);
    const grant = collector.spans.find(({ name }) => name === FULFILLMENT);
    const login = collector.spans.find(({ name }) => name === LOGIN);
    assert.ok(event && grant && login);
    assert.equal(collector.spans.length, 3);
    for (const span of collector.spans) {
      assert.equal(span.traceId, TRACE_ID);
      assert.deepEqual(span.localEndpoint, {
        serviceName: "extend-event-handler",
      });
    }
    assert.equal(event.parentId, SPAN_ID);
    assert.equal(event.kind, "SERVER");
    assert.deepEqual(event.tags, {
      "cloudevents.event_id": id,
      "cloudevents.event_type": LOGGED_IN,
      "cloudevents.event_source": "accelbyte.iam.account.v1",
      "ags.namespace": traced.emulator.namespace,
      "event.source": "grpc",
      "event.outcome": "handled",
      "event.reason": "handled",
      "event.attempt": "1",
      "event.claim": "claimed",
      "rpc.system.name": "grpc",
      "rpc.method":
        "accelbyte.iam.account.v1.UserAuthenticationUserLoggedInService/OnMessage",
    });
    assert.equal(grant.parentId, event.id);
    assert.equal(grant.kind, "CLIENT");
    assert.deepEqual(grant.remoteEndpoint, { serviceName: hostname });
    assert.deepEqual(grant.tags, {
      "http.request.method": "POST",
      "url.template":
        "/platform/admin/namespaces/{namespace}/users/{userId}/fulfillment",
      "server.address": hostname,
      "server.port": port,
      "http.response.status_code": "200",
    });
    // Whoever needs the token first waits for it.
    assert.equal(login.parentId, grant.id);
    assert.equal(login.tags["http.response.status_code"], "200");
    assert.ok(!collector.text.includes(userId), "no user id is in any span");
    const [line] = traced.log.lines.filter(({ message }) =>
      message === "Event handled"
    );
    assert.equal(line?.fields.traceID, TRACE_ID);
  }
});

Deno.test("Retries are events of the request's span, with what was answered before them", async () => {
  await using collector = startCollector();
  await using traced = await startTracedService({
    config: { otelZipkinEndpoint: collector.url },
  });
  traced.emulator.faults.set([
    // A refusal: of what AGS may have done, a grant is not sent a second time.
    { kind: "error", status: 429, times: 2, match: { path: "/platform" } },
  ]);
  assert.equal(await traced.send(), "OK");
  await traced.service.drain();
  const grant = collector.spans.find(({ name }) => name === FULFILLMENT);
  const values = grant?.annotations?.map(({ value }) => value) ?? [];
  assert.equal(values.length, 2);
  const attempts = values.map((value) => {
    const [, attributes] = /^"retry": (\{.*\})$/.exec(value) ?? [];
    const retry = JSON.parse(attributes ?? "{}");
    assert.ok(Number.isInteger(retry["retry.delay_ms"]), value);
    return [retry["retry.attempt"], retry["http.response.status_code"]];
  });
  assert.deepEqual(attempts, [[1, 429], [2, 429]]);
  assert.equal(grant?.tags["http.request.resend_count"], "2");
  assert.equal(grant?.tags["http.response.status_code"], "200");
  assert.equal(grant?.tags.error, undefined);
});

Deno.test("A refusal of AGS is in both spans, by its codes and not by its words", async () => {
  await using collector = startCollector();
  await using traced = await startTracedService({
    config: { otelZipkinEndpoint: collector.url },
  });
  traced.emulator.faults.set([{
    kind: "error",
    status: 404,
    errorCode: 36141,
    errorMessage: "Jane Doe does not exist",
    match: { path: "/platform" },
  }]);
  assert.equal(await traced.send(), "FAILED_PRECONDITION");
  await traced.service.drain();
  const grant = collector.spans.find(({ name }) => name === FULFILLMENT);
  assert.equal(grant?.tags.error, "404");
  assert.equal(grant?.tags["error.type"], "404");
  assert.equal(grant?.tags["ags.error_code"], "36141");
  assert.equal(grant?.tags["http.response.status_code"], "404");
  const event = collector.spans.find(isEvent);
  assert.equal(event?.tags.error, "AgsError");
  assert.equal(event?.tags["otel.status_code"], "ERROR");
  assert.equal(event?.tags["event.outcome"], "rejected");
  assert.equal(event?.tags["event.reason"], "bad_state");
  assert.ok(!collector.text.includes("Jane"));
});

const FAILURES: readonly (readonly [
  name: string,
  error: Error,
  tags: Readonly<Record<string, string>>,
])[] = [
  ["TerminalError", new TerminalError("jane@example.com"), {
    "event.outcome": "rejected",
    "event.reason": "bad_event",
  }],
  ["RetryableError", new RetryableError("jane@example.com"), {
    "event.outcome": "failed",
    "event.reason": "unavailable",
  }],
  ["TypeError", new TypeError("jane@example.com is no number"), {
    "event.outcome": "failed",
    "event.reason": "bug",
  }],
  [
    "Error",
    Object.assign(new Error("jane"), { name: "jane@example.com" }),
    { "event.outcome": "failed", "event.reason": "bug" },
  ],
];

for (const [name, error, tags] of FAILURES) {
  Deno.test(`A thrown ${name} (${tags["event.reason"]}, named ${error.name.length} letters) fails its span without its words`, async () => {
    await using collector = startCollector();
    await using traced = await startTracedService({
      config: { otelZipkinEndpoint: collector.url },
      handlers: [on(LOGGED_IN, () => {
        throw error;
      })],
    });
    await traced.send();
    await traced.service.drain();
    const event = collector.spans.find(isEvent);
    assert.ok(event !== undefined);
    assert.equal(event.tags.error, name);
    assert.equal(event.tags["error.type"], name);
    for (const [key, value] of Object.entries(tags)) {
      assert.equal(event.tags[key], value);
    }
    assert.deepEqual(
      event.annotations?.map(({ value }) => value),
      [`"exception": {"exception.type":"${name}"}`],
    );
    assert.doesNotMatch(collector.text, /jane/i);
    const errorId = traced.log.lines.find(({ fields }) => fields.errorId)
      ?.fields.errorId;
    assert.equal(event.tags["event.error_id"], errorId);
  });
}

Deno.test("A handler's own spans lie below its event's, and requests below them", async () => {
  await using collector = startCollector();
  let seen: string | undefined;
  await using traced = await startTracedService({
    config: { otelZipkinEndpoint: collector.url },
    handlers: [on(LOGGED_IN, async (_event, ctx) => {
      await Promise.resolve();
      ctx.log.info("Handler runs");
      seen = propagation.getBaggage(context.active())?.getEntry("tier")?.value;
      await trace.getTracer("handler").startActiveSpan("look", async (span) => {
        await ctx.ags.request(
          "GET",
          "/platform/admin/namespaces/{namespace}/items/{itemId}/locale",
          { params: { itemId: itemToGrant(ctx) } },
        ).catch(() => {});
        span.end();
      });
    })],
  });
  await traced.send({ ...B3, baggage: "tier=gold" });
  await traced.service.drain();
  const named = (name: string) =>
    collector.spans.find((span) => span.name === name);
  const request = collector.spans.find(({ kind, parentId }) =>
    kind === "CLIENT" && parentId === named("look")?.id
  );
  assert.equal(named("look")?.parentId, named(LOGGED_IN)?.id);
  assert.match(request?.name ?? "", /^GET .*\{itemId\}/);
  assert.equal(seen, "gold");
  const line = traced.log.lines.find(({ message }) =>
    message === "Handler runs"
  );
  assert.equal(line?.fields.traceID, TRACE_ID);
});

Deno.test("An event without a trace begins one, and events at the same time keep to their own", async () => {
  await using collector = startCollector();
  await using traced = await startTracedService({
    config: { otelZipkinEndpoint: collector.url },
  });
  await traced.send();
  const ids = Array.from({ length: 20 }, () => agsId());
  await Promise.all(
    ids.map((id) => traced.send({ b3: `${id}-${SPAN_ID}-1` }, { id })),
  );
  await traced.service.drain();
  const roots = collector.spans.filter(({ parentId }) =>
    parentId === undefined
  );
  assert.deepEqual(roots.map(({ name }) => name), [LOGGED_IN]);
  for (const id of ids) {
    const own = collector.spans.filter(({ traceId }) => traceId === id);
    const event = own.find(isEvent);
    assert.equal(event?.tags["cloudevents.event_id"], id);
    assert.equal(
      own.find(({ name }) => name === FULFILLMENT)?.parentId,
      event?.id,
    );
  }
});

Deno.test("A duplicate's span says what its claim found and has no attempt, a replay's that it is one", async () => {
  await using collector = startCollector();
  await using traced = await startTracedService({
    config: { otelZipkinEndpoint: collector.url },
  });
  const id = agsId();
  const replay = { "event-replay": "1" };
  for (const headers of [{}, {}, replay]) {
    assert.equal(await traced.send(headers, { id }), "OK");
  }
  await traced.service.drain();
  const tags = collector.spans.filter(isEvent)
    .map(({ tags }) =>
      ["outcome", "attempt", "claim", "replay"].map((name) =>
        tags[`event.${name}`]
      )
    );
  assert.deepEqual(tags, [
    ["handled", "1", "claimed", undefined],
    ["duplicate", undefined, "done", undefined],
    ["duplicate", undefined, "done", "true"],
  ]);
});

Deno.test("Spans that wait are sent when the service drains, not before", async () => {
  await using collector = startCollector();
  await using traced = await startTracedService({
    config: {
      otelZipkinEndpoint: collector.url,
      otelBspScheduleDelay: 600_000,
    },
  });
  await traced.send();
  assert.equal(collector.requests, 0);
  await traced.service.drain();
  assert.ok(collector.spans.some(isEvent));
});

Deno.test("A full batch is sent at once, and no batch is larger", async () => {
  await using collector = startCollector();
  await using traced = await startTracedService({
    config: {
      otelZipkinEndpoint: collector.url,
      otelBspScheduleDelay: 600_000,
      otelBspMaxExportBatchSize: 4,
    },
  });
  for (let sent = 0; sent < 6; sent++) await traced.send();
  await collector.span(isEvent);
  await traced.service.drain();
  assert.ok(collector.batches.every(({ length }) => length <= 4));
  // An event and a grant each, and one login.
  assert.equal(collector.spans.length, 13);
});

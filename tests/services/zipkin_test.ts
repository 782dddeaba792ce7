import assert from "node:assert/strict";
import { agsId, LOGGED_IN } from "../conformance/_events.ts";
import { startSource } from "../conformance/_source.ts";
import { testWithTool } from "../conformance/_tools.ts";
import { startWorld } from "../conformance/_world.ts";
import { startZipkin, ZIPKIN } from "./_zipkin.ts";

const SPAN_ID = "a2fb4a1d1a96d312";
const FULFILLMENT =
  "/platform/admin/namespaces/{namespace}/users/{userId}/fulfillment";

testWithTool(
  "A real Zipkin joins what the service did to the trace of its caller",
  ZIPKIN,
  async () => {
    await using zipkin = await startZipkin();
    await using world = await startWorld({
      name: "source",
      startTarget: startSource,
      readsEnvFile: false,
      knownLeak: 0,
      canPing: true,
      sendsOtlp: true,
    }, {
      env: {
        OTEL_EXPORTER_ZIPKIN_ENDPOINT: zipkin.url,
        OTEL_BSP_SCHEDULE_DELAY: "100",
      },
    });
    world.emulator.faults.set([
      { kind: "error", status: 429, times: 1, match: { path: "/platform" } },
    ]);
    const userId = agsId();
    const id = agsId();
    const traceId = agsId();
    // The caller's own span, as its own Zipkin client would send it.
    const sent = await fetch(zipkin.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify([{
        traceId,
        id: SPAN_ID,
        name: "deliver",
        kind: "CLIENT",
        timestamp: Date.now() * 1_000,
        duration: 1_000,
        localEndpoint: { serviceName: "connector" },
      }]),
    });
    await sent.body?.cancel();
    assert.equal(sent.status, 202);
    const { status } = await world.send({
      headers: {
        "x-b3-traceid": traceId,
        "x-b3-spanid": SPAN_ID,
        "x-b3-sampled": "1",
      },
      userId,
      id,
    });
    assert.equal(status, "OK");

    const spans = await zipkin.trace(traceId, 4);
    assert.equal(spans.length, 4);
    assert.ok(spans.every((span) => span.traceId === traceId));
    // Zipkin writes names in lower case.
    const named = (name: string) => {
      const found = spans.find((span) => span.name === name.toLowerCase());
      assert.ok(found, `${name} in ${JSON.stringify(spans)}`);
      return found;
    };
    const event = named(LOGGED_IN);
    assert.equal(event.parentId, SPAN_ID);
    assert.equal(event.kind, "SERVER");
    assert.equal(event.localEndpoint.serviceName, "extend-event-handler");
    assert.equal(event.tags["cloudevents.event_id"], id);
    assert.equal(event.tags["event.outcome"], "handled");
    const grant = named(`POST ${FULFILLMENT}`);
    assert.equal(grant.parentId, event.id);
    assert.equal(grant.kind, "CLIENT");
    assert.equal(grant.remoteEndpoint?.serviceName, "127.0.0.1");
    assert.equal(grant.tags["url.template"], FULFILLMENT);
    assert.equal(grant.tags["http.response.status_code"], "200");
    assert.equal(grant.tags["http.request.resend_count"], "1");
    assert.match(grant.annotations[0]?.value ?? "", /^"retry": .*429/);
    const login = named("POST /iam/v3/oauth/token");
    assert.equal(login.parentId, grant.id);
    assert.ok(!JSON.stringify(spans).includes(userId), "no user id");
    assert.ok((await zipkin.services()).includes("extend-event-handler"));
  },
);

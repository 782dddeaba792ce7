import assert from "node:assert/strict";
import {
  AccessKeyValidator,
  type UpstreamOptions,
  WebPubSubUpstream,
} from "event-handler/web-pubsub";
import { connectionString, K1, ORIGIN, RecordedLog } from "./_vectors.ts";

const OTHER = "bar.webpubsub.azure.com";

function create(
  validator: UpstreamOptions["validator"] = new AccessKeyValidator([
    connectionString(K1),
    connectionString(K1, OTHER),
  ]),
): { readonly upstream: WebPubSubUpstream; readonly log: RecordedLog } {
  const log = new RecordedLog();
  return { upstream: new WebPubSubUpstream({ validator, log }), log };
}

async function ask(
  upstream: WebPubSubUpstream,
  headers: Readonly<Record<string, string>>,
  method = "OPTIONS",
): Promise<Response> {
  const response = await upstream.handle(
    new Request("http://app.test/upstream/validate", { method, headers }),
  );
  assert.equal(response.headers.get("access-control-allow-origin"), null);
  return response;
}

const from = (origin: string) => ({
  "WebHook-Request-Origin": origin,
  "ce-awpsversion": "1.0",
});

Deno.test("A preflight is answered with * where there is no validator", async () => {
  const { upstream } = create("none");
  const response = await ask(upstream, from(ORIGIN));
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("webhook-allowed-origin"), "*");
  assert.equal(response.headers.get("allow"), "POST");
  assert.equal(await response.text(), "");
  assert.ok(upstream.preflight(from("anything.test")));
});

Deno.test("A preflight is answered with the one origin that is configured", async () => {
  const { upstream } = create();
  for (
    const [origin, allowed] of [
      [ORIGIN, ORIGIN],
      [OTHER, OTHER],
      ["FOO.webpubsub.azure.com", "FOO.webpubsub.azure.com"],
      [`evil.test, ${ORIGIN}`, ORIGIN],
    ] as const
  ) {
    const response = await ask(upstream, from(origin));
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("webhook-allowed-origin"), allowed);
    assert.ok(upstream.preflight(from(origin)));
  }
});

Deno.test("A preflight of another origin is refused, and the log says why", async () => {
  for (
    const origin of [
      "evil.test",
      `${ORIGIN}.evil.test`,
      `evil${ORIGIN}`,
      ORIGIN.slice(0, -1),
      `https://${ORIGIN}`,
      "*",
      ",",
    ]
  ) {
    const { upstream, log } = create();
    const response = await ask(upstream, from(origin));
    assert.equal(response.status, 400, origin);
    assert.equal(response.headers.get("webhook-allowed-origin"), null);
    assert.ok(!upstream.preflight(from(origin)));
    const [entry] = log.entries;
    assert.match(entry?.message ?? "", /Refused a preflight: its origin/);
    assert.equal(entry?.fields["origin"], origin);
  }
});

Deno.test("A preflight without an origin is refused", async () => {
  for (const validator of ["none", undefined] as const) {
    const { upstream } = create(validator);
    for (const headers of [{}, { "ce-awpsversion": "1.0" }]) {
      const response = await ask(upstream, headers);
      assert.equal(response.status, 400);
      assert.equal(response.headers.get("webhook-allowed-origin"), null);
      assert.ok(!upstream.preflight(headers));
    }
  }
});

Deno.test("A preflight that asks for a rate gets one", async () => {
  const { upstream } = create("none");
  const response = await ask(upstream, {
    ...from(ORIGIN),
    "WebHook-Request-Rate": "120",
  });
  assert.equal(response.headers.get("webhook-allowed-origin"), "*");
  assert.equal(response.headers.get("webhook-allowed-rate"), "*");
});

Deno.test("A preflight needs no ce-awpsversion", async () => {
  const { upstream } = create();
  const headers = { "WebHook-Request-Origin": ORIGIN };
  assert.ok(upstream.preflight(headers));
  assert.equal((await ask(upstream, headers)).status, 200);
});

Deno.test("GET with an origin is a preflight, too; other methods are not", async () => {
  const { upstream } = create();
  const get = await ask(upstream, from(ORIGIN), "GET");
  assert.equal(get.headers.get("webhook-allowed-origin"), ORIGIN);
  assert.equal((await ask(upstream, from("evil.test"), "GET")).status, 400);
  for (
    const [method, headers] of [
      ["GET", {}],
      ["PUT", {}],
      ["PUT", from(ORIGIN)],
      ["DELETE", from(ORIGIN)],
      ["PATCH", from(ORIGIN)],
    ] as const
  ) {
    const response = await ask(upstream, headers, method);
    assert.equal(response.status, 405, method);
    assert.equal(response.headers.get("allow"), "POST, OPTIONS");
    assert.equal(response.headers.get("webhook-allowed-origin"), null);
  }
});

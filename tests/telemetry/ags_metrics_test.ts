import assert from "node:assert/strict";
import { Registry } from "prom-client";
import { createAgsMetrics } from "../../lib/telemetry/ags_metrics.ts";
import { operationOf } from "../../lib/telemetry/_operations.ts";
import { parseExposition } from "./_exposition.ts";

const TEMPLATES = [
  ["GET /iam/v3/admin/namespaces/{namespace}/users/{userId}", "iam"],
  [
    "POST /platform/admin/namespaces/{namespace}/users/{userId}/fulfillment",
    "platform",
  ],
  ["PUT /platform/v2/admin/namespaces/{namespace}/items/by-sku", "platform"],
  ["GET /social/v1/admin/namespaces/{namespace}/statCodes", "social"],
  ["DELETE /cloudsave/v1/records/", "cloudsave"],
  ["GET /", ""],
] as const;

for (const [name, service] of TEMPLATES) {
  Deno.test(`${name} is an operation of its own`, () => {
    assert.deepEqual(operationOf(name), { service, operation: name });
  });
}

const VALUES = [
  "0123456789abcdef0123456789abcdef",
  "6f2b1c3e-0d5a-4f6e-9b1a-2c3d4e5f6a7b",
  "player@example.com",
  "Zo%C3%AB",
  "12345",
  "abcdefabcdefabcdefabcdefabcdefab",
];

for (const value of VALUES) {
  Deno.test(`A path with the value ${value} in it is counted without it`, () => {
    assert.deepEqual(
      operationOf(`GET /iam/v3/users/${value}/roles?q=${value}`),
      {
        service: "iam",
        operation: "GET /iam/v3/users/{}/roles",
      },
    );
  });
}

Deno.test("Operations that a handler makes without end become one", async () => {
  const registry = new Registry();
  const metrics = createAgsMetrics(registry);
  const letters = (index: number) =>
    [...String(index)].map((digit) => "abcdefghij"[Number(digit)]).join("");
  for (let index = 0; index < 5_000; index++) {
    const name = `GET /${letters(index)}/${letters(index)}`;
    metrics.exchanged({ name, code: "200", milliseconds: 1 });
    metrics.retried(name);
  }
  const { series, value } = parseExposition(await registry.metrics());
  const counts = series("ags_requests_total{");
  assert.equal(counts.length, 201);
  assert.equal(series("ags_request_seconds_count{").length, 201);
  assert.equal(series("ags_retries_total{").length, 201);
  assert.equal(
    value('ags_requests_total{service="other",operation="other",code="200"}'),
    4_800,
  );
  const total = counts.reduce((sum, each) => sum + (value(each) ?? 0), 0);
  assert.equal(total, 5_000);
});

Deno.test("What can be counted of logins and the breaker is there at 0", async () => {
  const registry = new Registry();
  createAgsMetrics(registry);
  const { value } = parseExposition(await registry.metrics());
  for (const result of ["success", "failure"]) {
    assert.equal(value(`ags_token_refreshes_total{result="${result}"}`), 0);
  }
  for (const state of ["closed", "half-open", "open"]) {
    assert.equal(value(`ags_breaker_transitions_total{state="${state}"}`), 0);
  }
});

Deno.test("Gauges of the AGS client are read when somebody asks", async () => {
  const registry = new Registry();
  const client: {
    breaker: "closed" | "half-open" | "open";
    token: { age: number; expiresIn: number } | undefined;
  } = { breaker: "closed", token: undefined };
  createAgsMetrics(registry).watch(client);
  const read = async () => parseExposition(await registry.metrics());
  for (const [number, state] of ["closed", "half-open", "open"].entries()) {
    client.breaker = state as typeof client.breaker;
    assert.equal((await read()).value("ags_breaker_state"), number);
  }
  const ages = async () => {
    const { value } = await read();
    return [
      value("ags_token_age_seconds"),
      value("ags_token_expires_in_seconds"),
    ];
  };
  assert.deepEqual(await ages(), [undefined, undefined]);
  client.token = { age: 1_500, expiresIn: -500 };
  assert.deepEqual(await ages(), [1.5, -0.5]);
  client.token = undefined;
  assert.deepEqual(await ages(), [undefined, undefined]);
});

Deno.test("What the rate limit holds back is counted, with how long it waits", async () => {
  const registry = new Registry();
  const metrics = createAgsMetrics(registry);
  metrics.rateLimited({ milliseconds: 250, isSent: true });
  metrics.rateLimited({ milliseconds: 60_000, isSent: false });
  const { value } = parseExposition(await registry.metrics());
  assert.equal(value('ags_rate_limited_total{result="delayed"}'), 1);
  assert.equal(value('ags_rate_limited_total{result="refused"}'), 1);
  assert.equal(value("ags_rate_limit_wait_seconds_count"), 1);
  assert.equal(value("ags_rate_limit_wait_seconds_sum"), 0.25);
});

import assert from "node:assert/strict";
import { reportLostSpans } from "../../lib/telemetry/lost_spans.ts";
import { recordLog } from "../_support/log.ts";

const ENDPOINT = "http://zipkin:9411/api/v2/spans";

function report() {
  const log = recordLog();
  const clock = { now: 0 };
  const lost = reportLostSpans({
    log,
    endpoint: ENDPOINT,
    now: () => clock.now,
  });
  return { log, clock, lost };
}

Deno.test("reportLostSpans() warns at once, then once a minute with what was lost since", () => {
  const { log, clock, lost } = report();
  const cause = new Error("Connection refused");
  for (; clock.now < 180_000; clock.now += 1_000) {
    lost.failed(new TypeError("error sending request", { cause }), 10);
    lost.dropped(1);
  }
  assert.deepEqual(
    log.lines.map(({ level, message }) => [level, message]),
    Array(3).fill(["warn", "Spans are lost: Zipkin does not accept them"]),
  );
  assert.deepEqual(log.lines.map(({ fields }) => fields), [
    {
      endpoint: ENDPOINT,
      undelivered: 10,
      dropped: 0,
      error: "error sending request: Connection refused",
    },
    {
      endpoint: ENDPOINT,
      undelivered: 600,
      dropped: 60,
      error: "error sending request: Connection refused",
    },
    {
      endpoint: ENDPOINT,
      undelivered: 600,
      dropped: 60,
      error: "error sending request: Connection refused",
    },
  ]);
});

Deno.test("reportLostSpans() says at the end what it has not said, and nothing of nothing", () => {
  const { log, lost } = report();
  lost[Symbol.dispose]();
  assert.equal(log.lines.length, 0);
  lost.failed(new Error("Zipkin answered 500: expected 202"), 1);
  lost.dropped(7);
  lost[Symbol.dispose]();
  assert.deepEqual(
    log.lines.map(({ fields: { undelivered, dropped } }) => [
      undelivered,
      dropped,
    ]),
    [[1, 0], [0, 7]],
  );
});

Deno.test("reportLostSpans() does not show the endpoint's query, which may be a key", () => {
  const log = recordLog();
  const endpoint = "http://127.0.0.1:1/api/v2/spans?Api-Key=hush";
  const lost = reportLostSpans({ log, endpoint });
  const cause = new Error(`No connection for url (${endpoint})`);
  lost.failed(new TypeError("Request failed", { cause }), 1);
  assert.equal(log.lines.length, 1);
  assert.doesNotMatch(JSON.stringify(log.lines), /hush/);
  assert.equal(
    log.lines[0]?.fields.endpoint,
    "http://127.0.0.1:1/api/v2/spans",
  );
});

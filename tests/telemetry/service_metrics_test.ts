import assert from "node:assert/strict";
import { RetryableError, TerminalError } from "../../lib/core/errors.ts";
import { RedisUrl } from "../../lib/config/redis_url.ts";
import { TEST_TYPE } from "../_support/delivery.ts";
import { FULFILLMENT, until } from "../ags/_client.ts";
import {
  connectHttp2,
  FRAME,
  frame,
  grpcMessage,
} from "../conformance/_http2.ts";
import { agsId, eventBytes } from "../conformance/_events.ts";
import { call } from "../grpc/_grpc.ts";
import type { Exposition } from "./_exposition.ts";
import { CLIENT_SECRET, PATH, startWorld } from "./_service.ts";

const [, SERVICE = "", METHOD = ""] = PATH.split("/");
const GRPC =
  `grpc_type="unary",grpc_service="${SERVICE}",grpc_method="${METHOD}"`;
const EVENT = `type="${TEST_TYPE}",source="grpc"`;
const GRANT = `service="platform",operation="POST ${FULFILLMENT}"`;
const LOGIN = 'service="iam",operation="POST /iam/v3/oauth/token"';

const CODES = [
  ...["OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded"],
  ...["NotFound", "AlreadyExists", "PermissionDenied", "ResourceExhausted"],
  ...["FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented"],
  ...["Internal", "Unavailable", "DataLoss", "Unauthenticated"],
];

const handled = (code: string) =>
  `grpc_server_handled_total{${GRPC},grpc_code="${code}"}`;
const events = (outcome: string) =>
  `events_total{${EVENT},outcome="${outcome}"}`;
const failures = (reason: string) =>
  `event_failures_total{type="${TEST_TYPE}",reason="${reason}"}`;

/** The counters of events and of their calls that are not 0. */
function moved({ series, value }: Exposition): Record<string, number> {
  const names = [
    ...series(`grpc_server_handled_total{${GRPC}`),
    ...series("events_total{"),
    ...series("event_failures_total{"),
  ];
  return Object.fromEntries(
    names.map((name) => [name, value(name) ?? NaN] as const)
      .filter(([, count]) => count !== 0),
  );
}

Deno.test("Every counter of a served method and event is at 0 before the first call", async () => {
  await using world = await startWorld(() => {});
  const { value, series } = await world.scrape();
  const methods = [
    GRPC,
    'grpc_type="unary",grpc_service="grpc.health.v1.Health",grpc_method="Check"',
    'grpc_type="server_stream",grpc_service="grpc.health.v1.Health",grpc_method="Watch"',
    ...["v1", "v1alpha"].map((version) =>
      `grpc_type="bidi_stream",grpc_service="grpc.reflection.${version}.ServerReflection",grpc_method="ServerReflectionInfo"`
    ),
    'grpc_type="unknown",grpc_service="unknown",grpc_method="unknown"',
  ];
  for (const method of methods) {
    for (const name of ["started", "msg_received", "msg_sent"]) {
      assert.equal(value(`grpc_server_${name}_total{${method}}`), 0);
    }
    for (const code of CODES) {
      const name = `grpc_server_handled_total{${method},grpc_code="${code}"}`;
      assert.equal(value(name), 0, name);
    }
  }
  assert.equal(
    series("grpc_server_handled_total{").length,
    methods.length * CODES.length,
  );
  assert.equal(series("events_total{").length, 8);
  const others = [
    ["event_attempts_total", 4],
    ["idempotency_claims_total", 4],
    ["idempotency_store_errors_total", 4],
    ["dead_letters_total", 4],
    ["ags_rate_limited_total", 2],
  ] as const;
  for (const [name, count] of others) {
    const named = series(`${name}{`);
    assert.equal(named.length, count, name);
    for (const each of named) assert.equal(value(each), 0, each);
  }
  assert.deepEqual(moved(await world.scrape()), {});
  assert.equal(value("ags_token_age_seconds"), undefined);
  assert.equal(value("ags_breaker_state"), 0);
  assert.equal(value("events_in_flight_limit"), 256);
  assert.equal(
    value(
      `extend_event_handler_info{version="1.2.3",commit="abcdef",deno="${Deno.version.deno}"}`,
    ),
    1,
  );
});

Deno.test("An event that is handled moves its counters, and those of what it asks of AGS", async () => {
  await using world = await startWorld(async ({ subject = "" }, { ags }) => {
    await ags.request("POST", FULFILLMENT, {
      params: { userId: subject },
      body: { itemId: "e0000000000000000000000000000002", quantity: 1 },
    });
  });
  assert.equal((await world.send()).status, "OK");
  const metrics = await world.scrape();
  const { value } = metrics;
  assert.deepEqual(moved(metrics), {
    [handled("OK")]: 1,
    [events("handled")]: 1,
  });
  for (const name of ["started", "msg_received", "msg_sent"]) {
    assert.equal(value(`grpc_server_${name}_total{${GRPC}}`), 1);
  }
  assert.equal(value(`grpc_server_handling_seconds_count{${GRPC}}`), 1);
  assert.equal(value(`event_handling_seconds_count{${EVENT}}`), 1);
  assert.equal(value(`ags_requests_total{${GRANT},code="200"}`), 1);
  assert.equal(value(`ags_requests_total{${LOGIN},code="200"}`), 1);
  assert.equal(value(`ags_request_seconds_count{${GRANT}}`), 1);
  assert.equal(value(`ags_retries_total{${GRANT}}`), 0);
  assert.equal(value('ags_token_refreshes_total{result="success"}'), 1);
  const age = value("ags_token_age_seconds") ?? NaN;
  assert.ok(age >= 0 && age < 60, `${age}`);
  const left = value("ags_token_expires_in_seconds") ?? NaN;
  assert.ok(left > 60, `${left}`);
});

const THROWN = [
  ["bug", new Error("boom"), "failed", "Internal"],
  ["unavailable", new RetryableError("later"), "failed", "Unavailable"],
  ["", new TerminalError("bad"), "rejected", "InvalidArgument"],
  [
    "",
    new TerminalError("bad", { fault: "state" }),
    "rejected",
    "FailedPrecondition",
  ],
] as const;

for (const [reason, error, outcome, code] of THROWN) {
  Deno.test(`An event whose handler throws ${error.name} counts as ${outcome} and ${code}`, async () => {
    await using world = await startWorld(() => {
      throw error;
    });
    await world.send();
    assert.deepEqual(moved(await world.scrape()), {
      [handled(code)]: 1,
      [events(outcome)]: 1,
      ...(reason !== "" && { [failures(reason)]: 1 }),
    });
  });
}

Deno.test("An event that takes too long counts as failed for its deadline", async () => {
  await using world = await startWorld(
    (_event, { signal }) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      ),
    { handlerTimeout: 20 },
  );
  assert.equal((await world.send()).status, "UNAVAILABLE");
  assert.deepEqual(moved(await world.scrape()), {
    [handled("Unavailable")]: 1,
    [events("failed")]: 1,
    [failures("deadline")]: 1,
  });
});

Deno.test("Events of other namespaces and events that do not decode are counted", async () => {
  await using world = await startWorld(() => {});
  await world.send({ namespace: "elsewhere" });
  await world.send({ bytes: new Uint8Array([0xff]) });
  assert.deepEqual(moved(await world.scrape()), {
    [handled("OK")]: 1,
    [handled("InvalidArgument")]: 1,
    [events("skipped")]: 1,
    [events("rejected")]: 1,
  });
});

Deno.test("Events in flight show while they are, and those above the limit count as overloaded", async () => {
  const started = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  await using world = await startWorld(() => {
    started.resolve();
    return end.promise;
  }, { maxConcurrency: 1 });
  const first = world.send();
  await started.promise;
  assert.equal((await world.send()).status, "RESOURCE_EXHAUSTED");
  const { value } = await world.scrape();
  assert.equal(value("events_in_flight"), 1);
  assert.equal(value("events_in_flight_limit"), 1);
  end.resolve();
  await first;
  const after = await world.scrape();
  assert.equal(after.value("events_in_flight"), 0);
  assert.deepEqual(moved(after), {
    [handled("OK")]: 1,
    [handled("ResourceExhausted")]: 1,
    [events("handled")]: 1,
    [events("overloaded")]: 1,
  });
});

Deno.test("An event that its caller cancels counts as cancelled", async () => {
  const started = Promise.withResolvers<void>();
  await using world = await startWorld((_event, { signal }) => {
    started.resolve();
    return new Promise((_resolve, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason))
    );
  });
  await world.send({
    onCall: (under) => started.promise.then(() => under.cancel()),
  });
  const want = { [handled("Canceled")]: 1, [events("cancelled")]: 1 };
  let last: Record<string, number> = {};
  // The server hears of it a little later than the caller.
  for (let tries = 0; tries < 100 && Object.keys(last).length < 2; tries++) {
    last = moved(await world.scrape());
  }
  assert.deepEqual(last, want);
});

Deno.test("An event whose message comes when the service already drains counts as failed for it", async () => {
  await using world = await startWorld(() => {});
  using connection = await connectHttp2(world.service.portOf("grpc"));
  const stream = await connection.call(PATH);
  const started = async () =>
    (await world.scrape()).value(`grpc_server_started_total{${GRPC}}`);
  while (await started() !== 1);
  const drained = world.service.drain();
  const end = 1;
  const message = grpcMessage(new Uint8Array());
  await connection.send(frame(FRAME.data, end, stream, message));
  await connection.ended(stream);
  assert.deepEqual(moved(await world.scrape()), {
    [handled("Unavailable")]: 1,
    [events("failed")]: 1,
    [failures("draining")]: 1,
  });
  await drained;
});

Deno.test("Requests to AGS that are sent again count as retries, and a breaker that opens shows", async () => {
  await using world = await startWorld(async (_event, { ags }) => {
    await ags.request("POST", FULFILLMENT, {
      params: { userId: "player-one" },
      body: {},
      // Otherwise it would not be sent again: AGS may have carried it out.
      idempotent: true,
    });
  }, { handlerTimeout: 5_000 });
  world.emulator.faults.set([
    { kind: "error", status: 503, match: { path: FULFILLMENT } },
  ]);
  const isOpen = async () =>
    (await world.scrape()).value("ags_breaker_state") === 2;
  for (let sent = 0; sent < 20 && !await isOpen(); sent++) {
    assert.equal((await world.send()).status, "UNAVAILABLE");
  }
  const { value } = await world.scrape();
  assert.equal(value("ags_breaker_state"), 2);
  assert.equal(value('ags_breaker_transitions_total{state="open"}'), 1);
  const sent = value(`ags_requests_total{${GRANT},code="503"}`) ?? 0;
  assert.equal(sent, 10, "what opens the breaker");
  const again = value(`ags_retries_total{${GRANT}}`) ?? 0;
  assert.ok(again > 0 && again < sent, `${again}`);
});

Deno.test("A login that fails counts, and there is no token to show", async () => {
  await using world = await startWorld(async (_event, { ags }) => {
    await ags.request("GET", "/iam/v3/admin/users/me");
  });
  world.emulator.faults.set([
    { kind: "error", status: 403, match: { path: "/iam/v3/oauth/token" } },
  ]);
  await world.send();
  const { value } = await world.scrape();
  assert.equal(value('ags_token_refreshes_total{result="failure"}'), 1);
  assert.equal(value(`ags_requests_total{${LOGIN},code="403"}`), 1);
  assert.equal(value("ags_token_age_seconds"), undefined);
  assert.equal(value("ags_token_expires_in_seconds"), undefined);
});

Deno.test("A thousand methods that are not served are one label, and no name of theirs is shown", async () => {
  await using world = await startWorld(() => {});
  await Promise.all(
    Array.from(
      { length: 1_000 },
      (_, index) => call(world.channel.client, `/made.up${index}/Do${index}`),
    ),
  );
  const { value, series, text } = await world.scrape();
  assert.doesNotMatch(text, /made\.up|Do\d/);
  const unknown =
    'grpc_type="unknown",grpc_service="unknown",grpc_method="unknown"';
  assert.equal(value(`grpc_server_started_total{${unknown}}`), 1_000);
  assert.equal(
    value(`grpc_server_handled_total{${unknown},grpc_code="Unimplemented"}`),
    1_000,
  );
  assert.equal(series("grpc_server_started_total{").length, 6);
});

Deno.test("Metrics have no player, no address and no secret in them, even where a handler puts one into a path", async () => {
  const userId = "0123456789abcdef0123456789abcdef";
  const address = "player@example.com";
  await using world = await startWorld(async (_event, { ags }) => {
    for (const value of [userId, address]) {
      await ags.request("GET", `/iam/v3/users/${value}?q=${value}`)
        .catch(() => {});
    }
    throw new Error(`Player ${userId} at ${address}`);
  });
  await world.send({ userId });
  await until(() => world.emulator.journal.counters.requests > 2);
  const { text, value } = await world.scrape();
  const operation = 'service="iam",operation="GET /iam/v3/users/{}"';
  assert.equal(value(`ags_requests_total{${operation},code="404"}`), 2);
  for (const hidden of [userId, address, CLIENT_SECRET, "Bearer"]) {
    assert.ok(!text.includes(hidden), `${hidden} is in the metrics`);
  }
});

Deno.test("A redelivery shows as a claim that was done and as no run, an event that came again as its second run", async () => {
  let isFirst = true;
  await using world = await startWorld(() => {
    if (!isFirst) return;
    isFirst = false;
    throw new RetryableError("later");
  });
  const bytes = eventBytes(world.emulator.namespace, { id: agsId() });
  const answers: string[] = [];
  for (let sent = 0; sent < 3; sent++) {
    answers.push((await world.send({ bytes })).status);
  }
  assert.deepEqual(answers, ["UNAVAILABLE", "OK", "OK"]);
  const { value } = await world.scrape();
  const runs = (attempt: string) =>
    value(`event_attempts_total{type="${TEST_TYPE}",attempt="${attempt}"}`);
  assert.deepEqual(["1", "2", "3", "4+"].map(runs), [1, 1, 0, 0]);
  const claims = (result: string) =>
    value(`idempotency_claims_total{store="memory",result="${result}"}`);
  const results = ["claimed", "held", "done", "dead_letter"];
  assert.deepEqual(results.map(claims), [2, 0, 1, 0]);
  const asked = (operation: string) =>
    value(
      `idempotency_store_seconds_count{store="memory",operation="${operation}"}`,
    );
  assert.deepEqual(["claim", "release", "complete"].map(asked), [3, 1, 1]);
});

Deno.test("A store that does not answer shows as errors of its claims, and nothing is run", async () => {
  await using world = await startWorld(() => {}, {
    idempotencyStore: new RedisUrl("redis://127.0.0.1:1"),
  });
  assert.equal((await world.send()).status, "UNAVAILABLE");
  const { value } = await world.scrape();
  const labels = 'store="redis",operation="claim"';
  assert.equal(value(`idempotency_store_errors_total{${labels}}`), 1);
  assert.equal(value(`idempotency_store_seconds_count{${labels}}`), 1);
  assert.equal(
    value('idempotency_claims_total{store="redis",result="claimed"}'),
    0,
  );
  assert.equal(
    value(`event_attempts_total{type="${TEST_TYPE}",attempt="1"}`),
    0,
    "it was not run",
  );
});

Deno.test("Without a store there is none in the metrics, and each delivery is a first run", async () => {
  await using world = await startWorld(() => {}, { idempotencyStore: "none" });
  const bytes = eventBytes(world.emulator.namespace, { id: agsId() });
  for (let sent = 0; sent < 2; sent++) await world.send({ bytes });
  const { value, series } = await world.scrape();
  assert.deepEqual(series("idempotency_"), []);
  assert.equal(
    value(`event_attempts_total{type="${TEST_TYPE}",attempt="1"}`),
    2,
  );
});

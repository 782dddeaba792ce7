import assert from "node:assert/strict";
import { join } from "node:path";
import { freePort } from "../../dev/free_port.ts";
import { run } from "../_support/process.ts";
import { agsId, THIRD_PARTY_LOGGED_IN } from "../conformance/_events.ts";
import { startSource } from "../conformance/_source.ts";
import { startWorld, type World } from "../conformance/_world.ts";
import {
  dashboard,
  fillIn,
  metricsOf,
  panelQueries,
  type PanelQuery,
} from "./_dashboard.ts";
import {
  type Alert,
  type Prometheus,
  PROMETHEUS_FOLDER,
  type Sample,
  startPrometheus,
} from "./_prometheus.ts";
import { PROMETHEUS, PROMTOOL, testWithTool } from "./_tools.ts";
import { until } from "./_until.ts";

/** The service, and a Prometheus that has seen it do everything twice. */
async function startScene(command: string) {
  await using stack = new AsyncDisposableStack();
  const world = stack.use(await startService(stack));
  const prometheus = stack.use(
    await startPrometheus(command, world.target.metricsPort),
  );
  // A rate needs a figure before, and one after.
  for (let round = 1; round <= 2; round++) {
    await sendAll(world);
    await until("a scrape that has all events", async () => {
      const [sample] = await prometheus.query("sum(events_total)");
      return Number(sample?.value[1]) === round * ALL ? true : undefined;
    });
  }
  const all = stack.move();
  return {
    world,
    prometheus,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** @param ends Has the folder of the inbox and the archive removed. */
async function startService(ends: AsyncDisposableStack): Promise<World> {
  const cwd = await Deno.makeTempDir();
  ends.defer(() => Deno.remove(cwd, { recursive: true }));
  return await startWorld({
    name: "source",
    startTarget: startSource,
    readsEnvFile: false,
    knownLeak: 0,
    canPing: true,
    sendsOtlp: true,
  }, {
    cwd,
    env: {
      SOURCES: "grpc,clientEvents",
      HTTP_PORT: `${HTTP_PORT}`,
      CLIENT_EVENTS_AUTH: "none",
      ARCHIVE: "file:archive",
      ARCHIVE_EVENTS: `${THIRD_PARTY_LOGGED_IN},clientEvents.*`,
      ARCHIVE_FLUSH_TIME: "1s",
      // Two at once, then one each half second: some of a round's five have to wait.
      AB_RATE_LIMIT: "120",
      MAX_ATTEMPTS: "1",
    },
  });
}

/** Where a scene's game clients send their events. */
const HTTP_PORT = freePort();

/** How many events {@linkcode sendAll} sends, and one that the archive takes, too. */
const ALL = 10;

/**
 * An event that is handled, again, one skipped, one handled although AGS asks to wait,
 * one rejected, one that AGS forbids, one that fails and is exhausted at the next
 * delivery, and one that is archived.
 */
async function sendAll({ send, emulator: { faults } }: World): Promise<void> {
  const id = agsId();
  assert.equal((await send({ id })).status, "OK");
  assert.equal((await send({ id })).status, "OK");
  assert.equal((await send({ isRefresh: true })).status, "OK");
  const bad = agsId();
  for (
    const [fault, id, status] of [
      [429, agsId(), "OK"],
      [404, agsId(), "FAILED_PRECONDITION"],
      [403, agsId(), "UNAVAILABLE"],
      [500, bad, "UNAVAILABLE"],
    ] as const
  ) {
    faults.set([{
      kind: "error",
      status: fault,
      times: 1,
      match: { method: "POST", path: "/platform" },
    }]);
    assert.equal((await send({ id })).status, status);
  }
  assert.equal((await send({ id: bad })).status, "FAILED_PRECONDITION");
  const type = THIRD_PARTY_LOGGED_IN;
  assert.equal((await send({ type })).status, "OK");
  const response = await fetch(`http://127.0.0.1:${HTTP_PORT}/event`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      entries: [{ entry: { eventType: "shown", schemaVersion: 1 } }],
    }),
  });
  assert.equal(response.status, 200, await response.text());
}

testWithTool(
  "each panel of the dashboard has data, named by labels that are there",
  PROMETHEUS,
  async ({ command }) => {
    await using scene = await startScene(command);
    const queries = panelQueries();
    assert.ok(queries.length > 40, `${queries.length} queries`);
    for (const { title, expr, labels } of queries) {
      const samples = await dataOf(scene.prometheus, { title, expr, labels });
      for (const { metric } of samples) {
        const missing = labels.filter((label) => !(label in metric));
        assert.deepEqual(missing, [], `${title}: ${expr}`);
      }
    }
  },
);

/** What a panel shows: at least one number. */
function dataOf(
  prometheus: Prometheus,
  { title, expr }: PanelQuery,
): Promise<readonly Sample[]> {
  return until(`data of the panel "${title}": ${expr}`, async () => {
    const samples = await prometheus.query(expr);
    return samples.some(({ value }) => value[1] !== "NaN")
      ? samples
      : undefined;
  });
}

/** What {@linkcode sendAll} has to have moved, for the panels to show anything. */
const MOVED = [
  'events_total{outcome="duplicate"}',
  'events_total{outcome="exhausted"}',
  'event_attempts_total{attempt="1"}',
  'idempotency_claims_total{result="done"}',
  'dead_letters_total{outcome="exhausted",result="written"}',
  'dead_letters_total{outcome="rejected",result="written"}',
  'ags_rate_limited_total{result="delayed"}',
  "ags_retries_total",
  'archive_events_total{result="archived"}',
];

testWithTool(
  "what the panels are about has happened",
  PROMETHEUS,
  async ({ command }) => {
    await using scene = await startScene(command);
    for (const series of MOVED) {
      await until(`${series} to have moved`, async () => {
        const [sample] = await scene.prometheus.query(`sum(${series})`);
        return Number(sample?.value[1]) > 0 ? true : undefined;
      });
    }
  },
);

testWithTool(
  "the dashboard's choices offer the replicas and the event types",
  PROMETHEUS,
  async ({ command }) => {
    await using scene = await startScene(command);
    const { prometheus, world: { target } } = scene;
    const offered = new Map<string, readonly string[]>();
    for (const { name, type, definition } of dashboard.templating.list) {
      if (type !== "query") continue;
      const [, series = "", label = ""] =
        /^label_values\((.+), (\w+)\)$/.exec(fillIn(definition)) ?? [];
      offered.set(name, await prometheus.labelValues(label, series));
    }
    assert.deepEqual(Object.fromEntries(offered), {
      instance: [`127.0.0.1:${target.metricsPort}`],
      type: [
        "userAuthentication.userLoggedIn",
        "userAuthentication.userThirdPartyLoggedIn",
      ],
    });
  },
);

testWithTool(
  "alerts read metrics that exist, and what has happened raises its own alone",
  PROMETHEUS,
  async ({ command }) => {
    await using scene = await startScene(command);
    const { prometheus } = scene;
    const raised = ["AgsForbidden", "EventsExhausted", "EventsRejected"];
    const firing = (alerts: readonly Alert[]) =>
      alerts.filter(({ state }) => state === "firing")
        .map(({ name }) => name).sort();
    const alerts = await until("all alerts to be evaluated", async () => {
      const alerts = await prometheus.alerts();
      const isRaised = raised.every((name) => firing(alerts).includes(name));
      const isOver = alerts.every(({ health }) => health !== "unknown");
      return isOver && isRaised ? alerts : undefined;
    });
    const known = await prometheus.labelValues("__name__");
    for (const { name, query, lastError } of alerts) {
      assert.equal(lastError, undefined, name);
      const missing = metricsOf(query).filter((each) => !known.includes(each));
      assert.deepEqual(missing, [], name);
    }
    assert.deepEqual(firing(alerts), raised);
  },
);

testWithTool(
  "promtool finds nothing wrong with the metrics of a service at work",
  PROMTOOL,
  async ({ command }) => {
    await using stack = new AsyncDisposableStack();
    const world = stack.use(await startService(stack));
    await sendAll(world);
    const url = `http://127.0.0.1:${world.target.metricsPort}/metrics`;
    const response = await fetch(url);
    const { code, stderr } = await run(command, {
      args: ["check", "metrics"],
      stdin: await response.text(),
    });
    assert.equal(code, 0, stderr);
  },
);

for (
  const [what, ...args] of [
    ["the configuration", "check", "config", "prometheus.yaml"],
    ["the alerts", "check", "rules", "alerts.yaml"],
    [
      "when the alerts fire",
      "test",
      "rules",
      "alerts_test.yaml",
      "alerts_day_test.yaml",
    ],
  ] as const
) {
  testWithTool(
    `promtool agrees with ${what}`,
    PROMTOOL,
    async ({ command }) => {
      const { code, stdout, stderr } = await run(command, {
        args: args.map((arg) =>
          arg.endsWith(".yaml") ? join(PROMETHEUS_FOLDER, arg) : arg
        ),
      });
      assert.equal(code, 0, stdout + stderr);
    },
  );
}

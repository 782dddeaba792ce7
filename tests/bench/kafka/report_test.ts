import assert from "node:assert/strict";
import type { Run } from "../../../bench/kafka/measure.ts";
import { kafkaReport, kafkaReportText } from "../../../bench/kafka/report.ts";
import type {
  KafkaMeasurements,
  RunName,
} from "../../../bench/kafka/scenarios.ts";

const RUNS: readonly RunName[] = [
  "publish",
  "publishSync",
  "bareRaw",
  "bareJson",
  "streamRaw",
  "stream1",
  "stream2",
  "stream4",
  "wait1",
  "wait2",
  "wait4",
  "wide1",
  "wide4",
];

function run(rate: number, cpu: number | undefined = 5): Run {
  return { rate, cpu, peakMemory: 150e6 };
}

/** Measurements in which all is alike, but for what is changed. */
function measurements(
  {
    runs = {},
    memory = Array(40).fill(100e6),
    records = 1_000_000,
  }: {
    readonly runs?: Partial<KafkaMeasurements["runs"]>;
    readonly memory?: readonly number[];
    readonly records?: number;
  } = {},
): KafkaMeasurements {
  const rounds = Math.max(1, ...Object.values(runs).map((each) => each.length));
  const alike: Record<string, readonly Run[]> = Object.fromEntries(
    RUNS.map((name) => [name, Array(rounds).fill(run(100))]),
  );
  return {
    records,
    runs: { ...alike as KafkaMeasurements["runs"], ...runs },
    recoveries: [
      { backlog: 50_100, firstAfter: 0.5, caughtUpAfter: 2, rate: 40_000 },
      { backlog: 50_000, firstAfter: 0.7, caughtUpAfter: 9, rate: 10_000 },
      { backlog: 50_300, firstAfter: 0.6, caughtUpAfter: 1, rate: 50_000 },
    ],
    recovery: { rate: 5_000, stopped: 10 },
    memory: { stream: memory, bareJson: memory },
  };
}

function isMet(measured: KafkaMeasurements, wanted: RegExp) {
  const { budgets } = kafkaReport(measured);
  const budget = budgets.find((each) => wanted.test(each.wanted));
  assert(budget !== undefined);
  return budget.isMet;
}

Deno.test("kafkaReport() wants 70 % of the bare library's rate, of the same work", () => {
  for (const [rate, expected] of [[70, true], [69.9, false]] as const) {
    const raw = measurements({ runs: { streamRaw: [run(rate)] } });
    assert.equal(isMet(raw, /raw$/), expected);
    assert.equal(isMet(raw, /JSON/), true);
    const json = measurements({ runs: { stream1: [run(rate)] } });
    assert.equal(isMet(json, /JSON/), expected);
    assert.equal(isMet(json, /raw$/), true);
  }
});

Deno.test("kafkaReport() compares round by round", () => {
  const { rates } = kafkaReport(measurements({
    runs: {
      stream1: [run(100), run(10), run(50)],
      stream2: [run(150), run(9), run(100)],
    },
  }));
  const row = rates.find(({ name }) => name === "subscribe(), 2 processes");
  assert.equal(row?.rate, 100);
  assert.equal(row?.against, "subscribe(), 1 process");
  assert.deepEqual(row?.comparison, {
    baseline: 50,
    service: 100,
    ratio: 1.5,
    lowest: 0.9,
    highest: 2,
  });
});

Deno.test("kafkaReport() calls memory flat when the last quarter is what the second was", () => {
  const grow = (last: number) =>
    [50, 60, 100, 100, 100, 100, last, last].map((each) => each * 1_000_000);
  const flat = (last: number, records?: number) =>
    isMet(
      measurements({
        memory: grow(last),
        ...(records !== undefined && { records }),
      }),
      /flat/,
    );
  assert.equal(flat(110), true);
  assert.equal(flat(111), false);
  assert.equal(flat(111, 999_999), undefined);
});

Deno.test("kafkaReport() leaves out what the system does not tell", () => {
  const { rates, facts, budgets } = kafkaReport(measurements({
    runs: { publish: [{ rate: 1, cpu: undefined, peakMemory: undefined }] },
    memory: [],
  }));
  assert.equal(rates[0]?.cpu, undefined);
  assert.equal(facts.some((fact) => /memory/i.test(fact)), false);
  assert.equal(budgets.some(({ wanted }) => /flat/.test(wanted)), false);
});

Deno.test("kafkaReportText() shows rates, what they are compared with, and verdicts", () => {
  const lines = kafkaReportText(kafkaReport(measurements({
    runs: { publish: [run(53_000)], publishSync: [run(530, 600)] },
  }))).split("\n");
  const columns = lines.map((line) => line.trim().split(/\s{2,}/));
  assert.deepEqual(columns.slice(0, 3), [
    ["events/s", "CPU, ms/1,000", "ratio", "lowest–highest", "against"],
    ["publish()", "53,000", "5.0"],
    [
      "publishSync(), one by one",
      "530",
      "600.0",
      "0.01",
      "0.01–0.01",
      "publish()",
    ],
  ]);
  assert.ok(lines.includes(
    "Group stopped for 10 s at 5,000 events/s: 50,100 events waited; first " +
      "event 0.6 s after the process was started, no lag after 2.0 s; " +
      "40,000 events/s meanwhile",
  ));
  assert.ok(lines.includes("Most memory of publish(): 150 MB"));
  assert.equal(
    lines.at(-1),
    "met      Memory flat over 1,000,000 events: 100 MB in the second " +
      "quarter, 100 MB in the last",
  );
});

/**
 * What the measurements of the event stream say.
 *
 * @module
 */

import { compare, type Comparison, median } from "../figures.ts";
import type { Budget } from "../report.ts";
import { growthOf } from "./samples.ts";
import {
  type KafkaMeasurements,
  PARTITIONS,
  type RunName,
  WAIT,
} from "./scenarios.ts";

/** One rate, and what it is compared with. */
export interface RateRow {
  /** What was done. */
  readonly name: string;
  /** Records a second, the middle of all rounds. */
  readonly rate: number;
  /** CPU time of all processes for 1,000 records, in ms, where the system tells. */
  readonly cpu: number | undefined;
  /** What it is compared with. */
  readonly against?: string;
  /** That comparison. */
  readonly comparison?: Comparison;
}

/** The whole report. */
export interface KafkaReport {
  /** Rates. */
  readonly rates: readonly RateRow[];
  /** Other figures, one a line. */
  readonly facts: readonly string[];
  /** What is wanted, and what was found. */
  readonly budgets: readonly Budget[];
}

const NAMES: Readonly<Record<RunName, string>> = {
  publish: "publish()",
  publishSync: "publishSync(), one by one",
  bareRaw: "bare library, raw",
  streamRaw: "subscribe(), raw",
  bareJson: "bare library, JSON parsed",
  stream1: "subscribe(), 1 process",
  stream2: "subscribe(), 2 processes",
  stream4: "subscribe(), 4 processes",
  wait1: waiting(PARTITIONS.narrow, 1),
  wait2: waiting(PARTITIONS.narrow, 2),
  wait4: waiting(PARTITIONS.narrow, 4),
  wide1: waiting(PARTITIONS.wide, 1),
  wide4: waiting(PARTITIONS.wide, 4),
};

/** The rows of the table, each with what it is compared with. */
const ROWS: readonly (readonly [RunName, RunName?])[] = [
  ["publish"],
  ["publishSync", "publish"],
  ["bareRaw"],
  ["streamRaw", "bareRaw"],
  ["bareJson"],
  ["stream1", "bareJson"],
  ["stream1", "bareRaw"],
  ["stream2", "stream1"],
  ["stream4", "stream1"],
  ["wait1"],
  ["wait2", "wait1"],
  ["wait4", "wait1"],
  ["wide1", "wait1"],
  ["wide4", "wide1"],
];

function waiting(partitions: number, processes: number): string {
  return `${WAIT} ms an event, ${partitions} partitions, ${
    processes === 1 ? "1 process" : `${processes} processes`
  }`;
}

/** Puts the report together. */
export function kafkaReport(measured: KafkaMeasurements): KafkaReport {
  const { runs } = measured;
  return {
    rates: ROWS.map(([name, against]) => rateRow(runs, name, against)),
    facts: [recoveryFact(measured), ...memoryFacts(measured)],
    budgets: [
      rateBudget("raw", ratio(runs, "streamRaw", "bareRaw")),
      rateBudget("JSON parsed", ratio(runs, "stream1", "bareJson")),
      ...memoryBudget(measured),
    ],
  };
}

type Runs = KafkaMeasurements["runs"];

function rateRow(runs: Runs, name: RunName, against?: RunName): RateRow {
  const cpu = runs[name].map(({ cpu }) => cpu ?? NaN);
  return {
    name: NAMES[name],
    rate: median(runs[name].map(({ rate }) => rate)),
    cpu: cpu.some(Number.isNaN) ? undefined : median(cpu),
    ...(against !== undefined && {
      against: NAMES[against],
      comparison: ratio(runs, name, against),
    }),
  };
}

/** Round by round. */
function ratio(runs: Runs, name: RunName, against: RunName): Comparison {
  return compare(runs[name].map(({ rate }, round) => ({
    baseline: runs[against][round]?.rate ?? NaN,
    service: rate,
  })));
}

function recoveryFact(
  { recoveries, recovery: { rate, stopped } }: KafkaMeasurements,
): string {
  const middle = (figure: (each: typeof recoveries[number]) => number) =>
    median(recoveries.map(figure));
  return `Group stopped for ${stopped} s at ${number(rate)} events/s: ${
    number(middle(({ backlog }) => backlog))
  } events waited; ` +
    `first event ${
      middle(({ firstAfter }) => firstAfter).toFixed(1)
    } s after the process was started, no lag after ${
      middle(({ caughtUpAfter }) => caughtUpAfter).toFixed(1)
    } s; ${number(middle((each) => each.rate))} events/s meanwhile`;
}

function memoryFacts(
  { memory, records, runs }: KafkaMeasurements,
): string[] {
  const peaks = runs.publish.flatMap(({ peakMemory }) => peakMemory ?? []);
  const sides = [["subscribe()", memory.stream], [
    NAMES.bareJson,
    memory.bareJson,
  ]] as const;
  const consumers = sides.filter(([, bytes]) => bytes.length > 0).map((
    [name, bytes],
  ) =>
    `Memory of ${name} at the end of ${number(records)} events: ${
      megabytes(bytes.at(-1) ?? NaN)
    }, at most ${megabytes(Math.max(...bytes))}`
  );
  return peaks.length === 0
    ? consumers
    : [...consumers, `Most memory of publish(): ${megabytes(median(peaks))}`];
}

/** The least share of the bare library's rate. */
const LEAST_RATE = 0.7;

function rateBudget(what: string, { ratio }: Comparison): Budget {
  const least = `${LEAST_RATE * 100} %`;
  return {
    wanted: `At least ${least} of the bare library's rate, ${what}`,
    found: `${(ratio * 100).toFixed(0)} %`,
    isMet: ratio >= LEAST_RATE,
  };
}

/** Events after which memory has to be what it was. */
const FLAT_RECORDS = 1_000_000;

/** Growth that is the garbage collector's mood, not a leak. */
const MOST_GROWTH = 1.1;

function memoryBudget({ memory, records }: KafkaMeasurements): Budget[] {
  if (memory.stream.length === 0) return [];
  const { early, late } = growthOf(memory.stream);
  return [{
    wanted: `Memory flat over ${number(records)} events`,
    found: `${megabytes(early)} in the second quarter, ${
      megabytes(late)
    } in the last`,
    // With fewer, memory still fills.
    isMet: records >= FLAT_RECORDS ? late <= early * MOST_GROWTH : undefined,
  }];
}

/** The report for a terminal. */
export function kafkaReportText(
  { rates, facts, budgets }: KafkaReport,
): string {
  const cells = [
    ["", "events/s", "CPU, ms/1,000", "ratio", "lowest–highest", "against"],
    ...rates.map(({ name, rate, cpu, against, comparison }) => [
      name,
      number(rate),
      cpu?.toFixed(1) ?? "",
      comparison?.ratio.toFixed(2) ?? "",
      comparison === undefined
        ? ""
        : `${comparison.lowest.toFixed(2)}–${comparison.highest.toFixed(2)}`,
      against ?? "",
    ]),
  ];
  const isText = (column: number) => column === 0 || column === 5;
  const widths = [0, 1, 2, 3, 4, 5].map((column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0))
  );
  const table = cells.map((row) =>
    row.map((cell, column) =>
      isText(column)
        ? cell.padEnd(widths[column] ?? 0)
        : cell.padStart(widths[column] ?? 0)
    ).join("  ").trimEnd()
  );
  const verdicts = budgets.map(({ wanted, found, isMet }) => {
    const verdict = isMet === undefined ? "–" : isMet ? "met" : "not met";
    return `${verdict.padEnd(7)}  ${wanted}: ${found}`;
  });
  return [...table, "", ...facts, "", ...verdicts].join("\n");
}

function number(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(0)} MB`;
}

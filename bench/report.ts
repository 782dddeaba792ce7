/**
 * What the measurements say: figures of both sides, their ratios, and whether the
 * budgets are met.
 *
 * @module
 */

import { compare, type Comparison, median, type Pair } from "./figures.ts";
import type { FilesFigures, LoadMeasurement, RoundFigures } from "./measure.ts";

/** What was measured; what was not asked for is absent. */
export interface Measurements {
  /** How the sides took events. */
  readonly load?: LoadMeasurement;
  /** How long they took to start, in milliseconds. */
  readonly starts?: readonly Pair<number>[];
  /** How long the service took to start with few and with many proto files. */
  readonly files?: readonly FilesFigures[];
  /** Whether the service is another command than `./task start`. */
  readonly isOtherCommand: boolean;
  /** Events of each load at full speed. */
  readonly requests: number;
}

/** One figure of both sides. */
export interface Row extends Comparison {
  /** What it is, with its unit. */
  readonly name: string;
}

/** One budget, and what was found. */
export interface Budget {
  /** What is wanted. */
  readonly wanted: string;
  /** What was found, or why it was not looked for. */
  readonly found: string;
  /** Whether it is met; `undefined` when this run does not tell. */
  readonly isMet: boolean | undefined;
}

/** The whole report. */
export interface Report {
  /** The figures. */
  readonly rows: readonly Row[];
  /** The budgets. */
  readonly budgets: readonly Budget[];
}

const MEGABYTE = 1_000_000;

/** Puts the report together. */
export function report(measurements: Measurements): Report {
  const { load, starts, files } = measurements;
  return {
    rows: [
      ...(load === undefined ? [] : loadRows(load)),
      ...(starts === undefined ? [] : [row("Start, ms", starts)]),
    ],
    budgets: [
      ...(load === undefined ? [] : loadBudgets(load, measurements.requests)),
      ...(starts === undefined ? [] : [startBudget(starts, measurements)]),
      ...(files === undefined ? [] : [filesBudget(files)]),
    ],
  };
}

function loadRows({ full, half, peakMemory }: LoadMeasurement): Row[] {
  const cpu = pick(full, ({ cpu }) => cpu ?? NaN);
  return [
    row("Events a second", pick(full, ({ rate }) => rate)),
    row("p50 at full load, ms", pick(full, ({ p50 }) => p50)),
    row("p99 at full load, ms", pick(full, ({ p99 }) => p99)),
    row("p50 at half load, ms", pick(half, ({ p50 }) => p50)),
    row("p99 at half load, ms", pick(half, ({ p99 }) => p99)),
    ...(cpu.some(({ service }) => Number.isNaN(service))
      ? []
      : [row("CPU, ms per 1,000 events", cpu)]),
    ...(peakMemory === undefined ? [] : [
      row("Peak memory, MB", [{
        baseline: peakMemory.baseline / MEGABYTE,
        service: peakMemory.service / MEGABYTE,
      }]),
    ]),
  ];
}

function row(name: string, rounds: readonly Pair<number>[]): Row {
  return { name, ...compare(rounds) };
}

function pick(
  rounds: readonly Pair<RoundFigures>[],
  figure: (figures: RoundFigures) => number,
): readonly Pair<number>[] {
  return rounds.map(({ baseline, service }) => ({
    baseline: figure(baseline),
    service: figure(service),
  }));
}

const LEAST_RATE = 0.6;
const MOST_P99 = 3;
const MOST_MEMORY = 200 * MEGABYTE;
const MOST_START = 300;

function loadBudgets(
  { full, half, peakMemory }: LoadMeasurement,
  requests: number,
): Budget[] {
  const rate = compare(pick(full, ({ rate }) => rate)).ratio;
  const p99 = compare(pick(half, ({ p99 }) => p99)).ratio;
  const peak = peakMemory?.service;
  return [
    {
      wanted: `Rate at least ${percent(LEAST_RATE)} of the baseline's`,
      found: percent(rate),
      isMet: rate >= LEAST_RATE,
    },
    {
      wanted: `p99 at half load under ${MOST_P99} times the baseline's`,
      found: `${p99.toFixed(2)} times`,
      isMet: p99 < MOST_P99,
    },
    {
      wanted: `Peak memory under ${megabytes(MOST_MEMORY)}`,
      found: peak === undefined ? NO_PROC : megabytes(peak),
      isMet: peak === undefined ? undefined : peak < MOST_MEMORY,
    },
    flatBudget(full.map(({ service }) => service.memory), requests),
  ];
}

const NO_PROC = "not measured: this system has no /proc";

/** Events after which memory has to be what it was. */
const FLAT_EVENTS = 1_000_000;

/** Rounds that make four quarters of at least two. */
const FLAT_ROUNDS = 8;

/** Growth that is the garbage collector's mood, not a leak. */
const MOST_GROWTH = 1.1;

/** The last quarter of the rounds against the second; in the first, memory fills. */
function flatBudget(
  memory: readonly (number | undefined)[],
  requests: number,
): Budget {
  const wanted = "Memory flat over 1,000,000 events";
  const known = memory.filter((bytes) => bytes !== undefined);
  if (known.length === 0) return { wanted, found: NO_PROC, isMet: undefined };
  if (known.length * requests < FLAT_EVENTS || known.length < FLAT_ROUNDS) {
    const found =
      "not measured: needs 1,000,000 events in 8 rounds or more, such as " +
      "--requests 50000 --rounds 20";
    return { wanted, found, isMet: undefined };
  }
  const quarter = Math.floor(known.length / 4);
  const early = median(known.slice(quarter, 2 * quarter));
  const late = median(known.slice(-quarter));
  return {
    wanted,
    found: `${megabytes(early)} in the second quarter, ${
      megabytes(late)
    } in the last`,
    isMet: late <= early * MOST_GROWTH,
  };
}

function startBudget(
  starts: readonly Pair<number>[],
  { isOtherCommand }: Measurements,
): Budget {
  const time = compare(starts).service;
  const found = `${time.toFixed(0)} ms`;
  return {
    wanted: `Executable's start to SERVING under ${MOST_START} ms`,
    found: isOtherCommand
      ? found
      : `${found} from source; measure the executable with --service`,
    isMet: isOtherCommand ? time < MOST_START : undefined,
  };
}

const MOST_FILES_RATIO = 2;

function filesBudget(files: readonly FilesFigures[]): Budget {
  const two = median(files.map(({ two }) => two));
  const ten = median(files.map(({ ten }) => ten));
  const ratio = median(files.map(({ two, ten }) => ten / two));
  return {
    wanted:
      `Ten handlers over ten files start in at most ${MOST_FILES_RATIO} ` +
      "times the time of two",
    found: `${ratio.toFixed(2)} times: ${ten.toFixed(0)} ms and ${
      two.toFixed(0)
    } ms from source`,
    isMet: ratio <= MOST_FILES_RATIO,
  };
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(0)} %`;
}

function megabytes(bytes: number): string {
  return `${(bytes / MEGABYTE).toFixed(0)} MB`;
}

/** The report for a terminal. */
export function reportText({ rows, budgets }: Report): string {
  const cells = [
    ["", "baseline", "service", "ratio", "lowest–highest"],
    ...rows.map(({ name, baseline, service, ratio, lowest, highest }) => [
      name,
      number(baseline),
      number(service),
      ratio.toFixed(2),
      lowest === highest ? "" : `${lowest.toFixed(2)}–${highest.toFixed(2)}`,
    ]),
  ];
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0))
  );
  const table = cells.map((row) =>
    row.map((cell, column) =>
      column === 0
        ? cell.padEnd(widths[column] ?? 0)
        : cell.padStart(widths[column] ?? 0)
    ).join("  ").trimEnd()
  );
  const verdicts = budgets.map(({ wanted, found, isMet }) => {
    const verdict = isMet === undefined ? "–" : isMet ? "met" : "not met";
    return `${verdict.padEnd(7)}  ${wanted}: ${found}`;
  });
  return [...table, "", ...verdicts].join("\n");
}

function number(value: number): string {
  return value < 100
    ? value.toFixed(1)
    : Math.round(value).toLocaleString("en");
}

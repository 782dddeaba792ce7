import assert from "node:assert/strict";
import type { Pair } from "../../bench/figures.ts";
import type { LoadMeasurement, RoundFigures } from "../../bench/measure.ts";
import { type Measurements, report, reportText } from "../../bench/report.ts";

function round(figures: Partial<RoundFigures> = {}): RoundFigures {
  return { rate: 100, p50: 1, p99: 2, cpu: 200, memory: 100e6, ...figures };
}

/** A load that meets every budget that it can. */
function makeLoad(changes: Partial<LoadMeasurement> = {}): LoadMeasurement {
  const rounds = [{ baseline: round(), service: round() }];
  return {
    full: rounds,
    half: rounds,
    peakMemory: { baseline: 150e6, service: 150e6 },
    ...changes,
  };
}

function isMet(measured: Partial<Measurements>, wanted: RegExp) {
  const { budgets } = report({
    isOtherCommand: false,
    requests: 10_000,
    ...measured,
  });
  const budget = budgets.find((each) => wanted.test(each.wanted));
  assert(budget !== undefined);
  return budget.isMet;
}

function service(
  figures: Partial<RoundFigures>,
): readonly Pair<RoundFigures>[] {
  return [{ baseline: round(), service: round(figures) }];
}

Deno.test("report() wants 60 % of the baseline's rate", () => {
  for (const [rate, expected] of [[60, true], [59.9, false]] as const) {
    const load = makeLoad({ full: service({ rate }) });
    assert.equal(isMet({ load }, /^Rate/), expected);
  }
});

Deno.test("report() wants less than three times the baseline's p99 at half load", () => {
  for (const [p99, expected] of [[5.9, true], [6, false]] as const) {
    const load = makeLoad({ half: service({ p99 }) });
    assert.equal(isMet({ load }, /^p99/), expected);
  }
});

Deno.test("report() wants less than 200 MB at any time", () => {
  for (const [bytes, expected] of [[199e6, true], [200e6, false]] as const) {
    const peakMemory = { baseline: 1, service: bytes };
    const load = makeLoad({ peakMemory });
    assert.equal(isMet({ load }, /^Peak memory/), expected);
  }
});

Deno.test("report() calls memory flat when the last quarter is what the second was", () => {
  const grow = (last: number) =>
    [50, 60, 100, 100, 100, 100, last, last].flatMap((megabytes) =>
      service({ memory: megabytes * 1_000_000 })
    );
  const check = (last: number, requests: number) =>
    isMet({ load: makeLoad({ full: grow(last) }), requests }, /flat/);
  assert.equal(check(110, 125_000), true);
  assert.equal(check(111, 125_000), false);
  assert.equal(check(111, 124_999), undefined);
});

Deno.test("report() holds only another command to the executable's start time", () => {
  const starts = [{ baseline: 200, service: 299 }];
  const slow = [{ baseline: 200, service: 300 }];
  assert.equal(isMet({ starts }, /start/), undefined);
  assert.equal(isMet({ starts, isOtherCommand: true }, /start/), true);
  assert.equal(isMet({ starts: slow, isOtherCommand: true }, /start/), false);
});

Deno.test("report() leaves out what the system does not tell", () => {
  const load = makeLoad({
    full: [{
      baseline: round({ cpu: undefined, memory: undefined }),
      service: round({ cpu: undefined, memory: undefined }),
    }],
    peakMemory: undefined,
  });
  const { rows } = report({ load, isOtherCommand: false, requests: 100 });
  assert.deepEqual(rows.map(({ name }) => name), [
    "Events a second",
    "p50 at full load, ms",
    "p99 at full load, ms",
    "p50 at half load, ms",
    "p99 at half load, ms",
  ]);
  assert.equal(
    isMet({ load, isOtherCommand: false }, /^Peak memory/),
    undefined,
  );
});

Deno.test("reportText() shows both sides, the ratio and its spread, and the verdicts", () => {
  const starts = [
    { baseline: 200, service: 300 },
    { baseline: 200, service: 400 },
    { baseline: 2_000, service: 1_000 },
  ];
  const found = report({ starts, isOtherCommand: true, requests: 100 });
  assert.deepEqual(reportText(found).split("\n"), [
    "           baseline  service  ratio  lowest–highest",
    "Start, ms       200      400   1.50       0.50–2.00",
    "",
    "not met  Executable's start to SERVING under 300 ms: 400 ms",
  ]);
});

Deno.test("report() wants ten files to take at most twice the time of two", () => {
  for (const [ten, expected] of [[400, true], [401, false]] as const) {
    const files = [
      { two: 100, ten: 100 },
      { two: 200, ten },
      { two: 100, ten: 900 },
    ];
    assert.equal(isMet({ files }, /^Ten handlers/), expected);
  }
});

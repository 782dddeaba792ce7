import assert from "node:assert/strict";
import {
  problemLines,
  summaryMarkdown,
  tableMarkdown,
  tableText,
  verdictOf,
} from "../../bench/faults/report.ts";
import { cell } from "./_events.ts";

const LOSSY = cell({
  fault: "reset-after",
  title: "answers are lost",
  twice: 3,
  gap: "answer",
});
const BROKEN = cell({
  store: "redis",
  twice: 1,
  problems: ["1 granted twice: expected none"],
});

Deno.test("the table has a row a cell, and marks what need not be 0", () => {
  const lines = tableText([cell(), LOSSY]).split("\n");
  assert.match(lines[1] ?? "", /^none +memory +10 +10 +0 +0 +0 +0 +1\.5 s$/);
  assert.match(lines[2] ?? "", /^answers are lost +memory .* 3 ¹ +0 +0/);
  assert.match(lines[4] ?? "", /^¹ gap 1 of v1/);
});

Deno.test("a cell that is not as guaranteed is marked in every form, and named", () => {
  for (const form of [tableText, tableMarkdown, summaryMarkdown]) {
    assert.match(form([cell(), BROKEN]), / 1 ✗/);
  }
  assert.deepEqual(problemLines([cell(), BROKEN]), [
    "✗ none, redis: 1 granted twice: expected none",
  ]);
  assert.match(
    verdictOf([cell(), BROKEN]),
    /1 granted twice .*1 cells are not/,
  );
});

Deno.test("the summary has a row a fault, a column a store, and a dash where nothing was tried", () => {
  const [head, , ...rows] = summaryMarkdown([cell(), BROKEN, LOSSY])
    .split("\n");
  assert.equal(head, "| Granted twice | `memory` | `redis` |");
  assert.deepEqual(rows.slice(0, 2), [
    "| none | 0 | 1 ✗ |",
    "| answers are lost | 3 ¹ | – |",
  ]);
});

Deno.test("the verdict counts grants too many only where they are ruled out", () => {
  assert.equal(
    verdictOf([cell(), LOSSY]),
    "2 cells, 20 deliveries in 3 s: 0 lost; 0 granted twice in the 1 cells " +
      "that guarantee it; all is as guaranteed",
  );
});

import assert from "node:assert/strict";
import { compilePattern } from "../../lib/matching/compile_pattern.ts";
import { PatternError } from "../../lib/matching/errors.ts";

/** What Amazon's own matcher says of a pattern and an event, both texts of JSON. */
interface Vector {
  readonly id: string;
  /** `core` must be the same here; `quirk` is Java's; `trap` must be refused. */
  readonly tier: "core" | "quirk" | "trap";
  readonly pattern: string;
  readonly event: string;
  readonly expected: boolean | "invalid" | "bad-event";
}

const text = await Deno.readTextFile(
  new URL("testdata/eventbridge-patterns.jsonl", import.meta.url),
);
const VECTORS: readonly Vector[] = text.trim().split("\n").map((line) =>
  JSON.parse(line)
);

/** What this matcher says. */
function answer({ pattern, event }: Vector): Vector["expected"] {
  try {
    return compilePattern(JSON.parse(pattern))(JSON.parse(event));
  } catch (error) {
    if (error instanceof PatternError || error instanceof SyntaxError) {
      return "invalid";
    }
    throw error;
  }
}

/** No object has a key twice: such a pattern cannot be given to this matcher. */
function hasKeyTwice({ pattern }: Vector): boolean {
  return pattern.startsWith('{"$or"') && pattern.split('"$or"').length === 3 &&
    pattern.includes('],"$or"');
}

Deno.test("event patterns: match as Amazon's own matcher does, in every core vector", () => {
  const core = VECTORS.filter(({ tier }) => tier === "core");
  const differing = core.filter((each) => answer(each) !== each.expected);
  assert.deepEqual(differing, []);
  assert.equal(core.length, 1_603);
});

Deno.test("event patterns: all that Amazon's own matcher refuses are refused", () => {
  const invalid = VECTORS.filter(({ expected }) => expected === "invalid");
  const taken = invalid.filter((each) => answer(each) !== "invalid");
  assert.deepEqual(taken, []);
  assert.equal(invalid.length, 137);
});

Deno.test("event patterns: those that match other events than they seem to are refused", () => {
  const traps = VECTORS.filter(({ tier }) => tier === "trap");
  const taken = traps.filter((each) => answer(each) !== "invalid");
  assert.deepEqual(taken.filter((each) => !hasKeyTwice(each)), []);
  assert.equal(taken.length, 7);
  assert.equal(traps.length, 134);
});

Deno.test("event patterns: differ from Amazon's own matcher where that is Java's way, and nowhere else", () => {
  const quirks = VECTORS.filter(({ tier }) => tier === "quirk");
  const differing = quirks.filter((each) => answer(each) !== each.expected);
  const counts = Object.entries(
    Object.groupBy(differing, ({ id }) => id.replace(/-\d+$/, "")),
  ).map(([group, ids]) => [group, ids?.length]);
  assert.deepEqual(Object.fromEntries(counts), {
    // Patterns with more digits than a double has are refused.
    "exact-number": 28,
    // "ß" and "SS", "ſ" and "S": lower case is compared, as Unicode has it.
    "equals-ignore-case-unicode": 4,
    // Events with more digits than a double has.
    "numeric-precision": 3,
    // Amazon's 0.0.0.0/0 takes IPv6 and numbers, and "010.0.0.7" for 10.0.0.7.
    cidr: 6,
    // A key that is there twice, and an empty one within another.
    structure: 2,
    // Text after the pattern.
    "pattern-validity": 2,
    // An event that is no object does not match; there, it is an error.
    "event-not-object": 3,
  });
});

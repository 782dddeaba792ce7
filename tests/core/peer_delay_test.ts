import assert from "node:assert/strict";
import fc from "fast-check";
import { RetryableError } from "../../lib/core/errors.ts";
import {
  MAX_PEER_DELAY,
  parsePushback,
  parseRetryAfter,
  peerDelay,
  tokenLife,
} from "../../lib/core/peer_delay.ts";
import {
  MAX_TIMEOUT,
  pause as streamSleep,
  sleep,
} from "../../lib/core/async.ts";

const NOW = Date.parse("2026-01-02T03:04:05Z");

for (
  const [value, wanted] of [
    ["0", 0],
    ["1", 1_000],
    [" 12 ", 12_000],
    ["60", 60_000],
    ["61", 60_000],
    ["3600", 60_000],
    ["999999999", 60_000],
    ["99999999999999999999", 60_000],
    ["9".repeat(400), 60_000],
    ["Fri, 02 Jan 2026 03:04:35 GMT", 30_000],
    ["Friday, 02-Jan-26 03:04:35 GMT", 30_000],
    ["Fri, 02 Jan 2026 03:04:00 GMT", 0],
    ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
    ["Fri, 31 Dec 9999 23:59:59 GMT", 60_000],
    ["2099", 60_000],
    ["", undefined],
    [null, undefined],
    ["-5", undefined],
    ["+5", undefined],
    ["1.5", undefined],
    ["1e3", undefined],
    ["NaN", undefined],
    ["Infinity", undefined],
    ["soon", undefined],
    ["try 2099", undefined],
    ["in 5", undefined],
    ["2099-01-01", undefined],
    ["2099-01-01T00:00:00Z", undefined],
    ["Fri, 99 Foo 2026 03:04:35 GMT", undefined],
  ] as const
) {
  const name = value === null ? "no header" : `"${value.slice(0, 30)}"`;
  Deno.test(`parseRetryAfter() reads ${name} as ${wanted ?? "nothing"}`, () => {
    assert.equal(parseRetryAfter(value, NOW), wanted);
  });
}

for (
  const [values, wanted] of [
    [[], undefined],
    [["0"], 0],
    [["250"], 250],
    [["2147483647"], 60_000],
    [["9".repeat(400)], 60_000],
    [["-1"], "never"],
    [["soon"], "never"],
    [[""], "never"],
    [["1", "2"], "never"],
  ] as const
) {
  Deno.test(`parsePushback() reads [${values.map((value) => value.slice(0, 20))}] as ${wanted ?? "nothing"}`, () => {
    assert.equal(parsePushback(values), wanted);
  });
}

function isWait(wait: unknown): boolean {
  return wait === undefined ||
    (typeof wait === "number" && wait >= 0 && wait <= MAX_PEER_DELAY);
}

Deno.test("what a peer asks for is a minute at most or nothing, whatever it says", () => {
  const text = fc.oneof(
    fc.string({ unit: "grapheme-ascii" }),
    fc.integer().map(String),
    fc.double().map(String),
    fc.date({ noInvalidDate: false }).map((date) =>
      Number.isNaN(date.getTime()) ? "" : date.toUTCString()
    ),
  );
  fc.assert(
    fc.property(text, fc.double(), (value, milliseconds) => {
      assert.ok(isWait(parseRetryAfter(value, NOW)));
      const pushback = parsePushback([value]);
      assert.ok(pushback === "never" || isWait(pushback));
      assert.ok(isWait(peerDelay(milliseconds)));
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("an error's retryAfter is bounded, whoever made it", () => {
  for (
    const [said, kept] of [
      [5, 5],
      [3_600_000, 60_000],
      [Infinity, 60_000],
      [NaN, undefined],
      [-1, undefined],
    ] as const
  ) {
    const error = new RetryableError("Later", { retryAfter: said });
    assert.equal(error.retryAfter, kept);
  }
});

Deno.test("a token's life is a second at least and a day at most", () => {
  assert.equal(tokenLife(3_600), 3_600_000);
  assert.equal(tokenLife(1e-9), 1_000);
  assert.equal(tokenLife(1e300), 86_400_000);
});

for (
  const [name, wait] of [["core", sleep], [
    "event stream",
    streamSleep,
  ]] as const
) {
  Deno.test(`sleep() of the ${name} does not fire at once where no timer is as long`, async () => {
    const real = globalThis.setTimeout;
    const asked: unknown[] = [];
    globalThis.setTimeout = ((_: () => void, milliseconds: number) => {
      asked.push(milliseconds);
      return real(() => {}, 0);
    }) as typeof setTimeout;
    const stop = new AbortController();
    try {
      void wait(1e12, stop.signal).catch(() => {});
    } finally {
      globalThis.setTimeout = real;
    }
    stop.abort();
    await Promise.resolve();
    assert.deepEqual(asked, [MAX_TIMEOUT]);
  });
}

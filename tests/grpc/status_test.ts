import assert from "node:assert/strict";
import { status } from "@grpc/grpc-js";
import { AgsError } from "../../lib/ags/errors.ts";
import { RetryableError, TerminalError } from "../../lib/core/errors.ts";
import {
  DRAINING,
  endedResult,
  HANDLED,
  OVERLOADED,
  type Reason,
  type Result,
  resultOf,
  SKIPPED,
} from "../../lib/core/outcome.ts";
import { refusalOf } from "../../lib/grpc/status.ts";

/** The outcomes of the design: what each is answered, and with ON_REJECT=ack. */
const ANSWERS: Readonly<
  Record<Reason, readonly [reject: status, ack: status]>
> = {
  handled: [status.OK, status.OK],
  skipped: [status.OK, status.OK],
  duplicate: [status.OK, status.OK],
  bad_event: [status.INVALID_ARGUMENT, status.OK],
  bad_state: [status.FAILED_PRECONDITION, status.OK],
  refused: [status.FAILED_PRECONDITION, status.OK],
  unavailable: [status.UNAVAILABLE, status.UNAVAILABLE],
  deadline: [status.UNAVAILABLE, status.UNAVAILABLE],
  draining: [status.UNAVAILABLE, status.UNAVAILABLE],
  bug: [status.INTERNAL, status.INTERNAL],
  too_large: [status.RESOURCE_EXHAUSTED, status.RESOURCE_EXHAUSTED],
  unreadable: [status.INTERNAL, status.INTERNAL],
  exhausted: [status.FAILED_PRECONDITION, status.OK],
  overloaded: [status.RESOURCE_EXHAUSTED, status.RESOURCE_EXHAUSTED],
  cancelled: [status.CANCELLED, status.CANCELLED],
};

function result(reason: Reason, rest: Partial<Result> = {}): Result {
  return { outcome: "failed", reason, ...rest };
}

function codeOf(given: Result, onReject: "reject" | "ack" = "reject"): status {
  return refusalOf(given, onReject)?.code ?? status.OK;
}

for (const [reason, [reject, ack]] of Object.entries(ANSWERS)) {
  Deno.test(`refusalOf() answers ${reason} with ${status[reject]}, or ${status[ack]} when rejects are acknowledged`, () => {
    assert.equal(codeOf(result(reason as Reason)), reject);
    assert.equal(codeOf(result(reason as Reason), "ack"), ack);
  });
}

Deno.test("refusalOf() never answers UNIMPLEMENTED, which would disable the method", () => {
  for (const reason of Object.keys(ANSWERS) as Reason[]) {
    assert.notEqual(codeOf(result(reason)), status.UNIMPLEMENTED);
    assert.notEqual(codeOf(result(reason), "ack"), status.UNIMPLEMENTED);
  }
});

Deno.test("refusalOf() answers what the core makes of results and errors", () => {
  const { signal } = new AbortController();
  const codes = [
    HANDLED,
    SKIPPED,
    OVERLOADED,
    DRAINING,
    resultOf(new TerminalError("bad"), signal),
    resultOf(new TerminalError("bad", { fault: "state" }), signal),
    resultOf(new RetryableError("later"), signal),
    resultOf(new AgsError("no", { retryable: false, status: 404 }), signal),
    resultOf(new AgsError("later", { retryable: true, status: 503 }), signal),
    resultOf(new TypeError("bug"), signal),
    resultOf("thrown text", signal),
    endedResult(new Error("unknown reason")),
  ].map((each) => status[codeOf(each)]);
  assert.deepEqual(codes, [
    "OK",
    "OK",
    "RESOURCE_EXHAUSTED",
    "UNAVAILABLE",
    "INVALID_ARGUMENT",
    "FAILED_PRECONDITION",
    "UNAVAILABLE",
    "FAILED_PRECONDITION",
    "UNAVAILABLE",
    "INTERNAL",
    "INTERNAL",
    "UNAVAILABLE",
  ]);
});

Deno.test("refusalOf() passes on when to come again, in whole milliseconds", () => {
  const error = new RetryableError("later", { retryAfter: 1_500.2 });
  const refusal = refusalOf(result("unavailable", { error }), "reject");
  assert.deepEqual(refusal?.metadata.getMap(), {
    "grpc-retry-pushback-ms": "1501",
  });
});

Deno.test("refusalOf() asks nobody to come again for what will not work", () => {
  const { signal } = new AbortController();
  const error = new AgsError("gone", { retryable: false, retryAfter: 1_000 });
  const refusal = refusalOf(resultOf(error, signal), "reject");
  assert.deepEqual(refusal?.metadata.getMap(), {});
});

Deno.test("refusalOf() tells the error's id and nothing else of a bug", () => {
  const { signal } = new AbortController();
  const given = resultOf(new TypeError("player@example.com is broken"), signal);
  const { details, metadata } = refusalOf(given, "reject")!;
  assert.deepEqual(metadata.getMap(), { "error-id": given.errorId });
  assert.match(String(given.errorId), /^[0-9a-f-]{36}$/);
  assert.doesNotMatch(details, /player/);
});

for (
  const [retryAfter, pushback] of [
    [-5, undefined],
    [NaN, undefined],
    [Infinity, "60000"],
    [999_999_999_000, "60000"],
    [0, "0"],
  ] as const
) {
  Deno.test(`a retryAfter of ${retryAfter} is told as ${pushback}: any other text would mean never`, () => {
    const error = new RetryableError("later", { retryAfter });
    const result = { outcome: "failed", reason: "unavailable", error } as const;
    const { metadata } = refusalOf(result, "reject") ?? {};
    assert.equal(metadata?.get("grpc-retry-pushback-ms")[0], pushback);
  });
}

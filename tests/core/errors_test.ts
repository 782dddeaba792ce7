import assert from "node:assert/strict";
import {
  AppError,
  CancelledError,
  DeadlineError,
  EventError,
  RetryableError,
  ShutdownError,
  TerminalError,
} from "../../lib/core/errors.ts";

Deno.test("TerminalError is not retryable and blames the event by default", () => {
  const error = new TerminalError("bad");
  assert.ok(error instanceof EventError);
  assert.deepEqual(
    [error.name, error.message, error.retryable, error.fault, error.retryAfter],
    ["TerminalError", "bad", false, "event", undefined],
  );
  assert.equal(new TerminalError("bad", { fault: "state" }).fault, "state");
});

Deno.test("RetryableError is retryable and keeps when to come again", () => {
  const error = new RetryableError("later", { retryAfter: 250 });
  assert.ok(error instanceof EventError);
  assert.deepEqual(
    [error.name, error.message, error.retryable, error.retryAfter],
    ["RetryableError", "later", true, 250],
  );
  assert.equal(new RetryableError("later").retryAfter, undefined);
});

Deno.test("Event errors keep their cause", () => {
  const cause = new Error("why");
  assert.equal(new TerminalError("bad", { cause }).cause, cause);
  assert.equal(new RetryableError("later", { cause }).cause, cause);
});

Deno.test("The reasons of an ended signal are retryable, and are called by their names", () => {
  for (const Class of [DeadlineError, CancelledError, ShutdownError]) {
    const error = new Class("ended");
    assert.ok(error instanceof RetryableError);
    assert.equal(error.retryable, true);
    assert.equal(error.name, Class.name);
  }
});

Deno.test("AppError is no event error: no event is to blame", () => {
  const error = new AppError("put together wrongly");
  assert.equal(error.name, "AppError");
  assert.ok(!(error instanceof EventError));
});

import assert from "node:assert/strict";
import { compose, type Middleware } from "../../lib/core/dispatcher.ts";
import { HANDLED, OVERLOADED } from "../../lib/core/outcome.ts";
import { testDelivery } from "../_support/delivery.ts";

function recorder(steps: string[], name: string): Middleware {
  return async (delivery, next) => {
    steps.push(`${name} before`);
    const result = await next(delivery);
    steps.push(`${name} after`);
    return result;
  };
}

Deno.test("compose() puts the first middleware outermost", async () => {
  const steps: string[] = [];
  const pipe = compose(
    [recorder(steps, "outer"), recorder(steps, "inner")],
    () => {
      steps.push("last");
      return Promise.resolve(HANDLED);
    },
  );
  assert.equal(await pipe(testDelivery()), HANDLED);
  assert.deepEqual(steps, [
    "outer before",
    "inner before",
    "last",
    "inner after",
    "outer after",
  ]);
});

Deno.test("compose() hands the same delivery to every step", async () => {
  const seen: unknown[] = [];
  const see: Middleware = (delivery, next) => {
    seen.push(delivery);
    return next(delivery);
  };
  const pipe = compose([see, see], (delivery) => {
    seen.push(delivery);
    return Promise.resolve(HANDLED);
  });
  const delivery = testDelivery();
  await pipe(delivery);
  assert.deepEqual(seen.map((each) => each === delivery), [true, true, true]);
});

Deno.test("compose() lets middleware answer without the rest of the pipe", async () => {
  let calls = 0;
  const pipe = compose([() => Promise.resolve(OVERLOADED)], () => {
    calls++;
    return Promise.resolve(HANDLED);
  });
  assert.equal(await pipe(testDelivery()), OVERLOADED);
  assert.equal(calls, 0);
});

Deno.test("compose() without middleware is the last step", () => {
  const last = () => Promise.resolve(HANDLED);
  assert.equal(compose([], last), last);
});

import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Breaker,
  type BreakerState,
  createBreaker,
} from "../../lib/ags/breaker.ts";

const THRESHOLD = 3;
const COOL_DOWN = 1_000;

interface Clock {
  now: number;
}

function open(clock: Clock = { now: 0 }): Breaker {
  const breaker = createBreaker({
    threshold: THRESHOLD,
    coolDown: COOL_DOWN,
    now: () => clock.now,
  });
  fail(breaker, THRESHOLD);
  return breaker;
}

function fail(breaker: Breaker, times: number): void {
  for (let time = 0; time < times; time++) {
    assert.equal(breaker.enter(), 0);
    breaker.failed();
  }
}

Deno.test("breaker opens after as many failures in a row as the threshold", () => {
  const breaker = createBreaker({ threshold: THRESHOLD });
  fail(breaker, THRESHOLD - 1);
  assert.equal(breaker.state, "closed");
  fail(breaker, 1);
  assert.equal(breaker.state, "open");
});

Deno.test("breaker forgets its failures when the server answers", () => {
  const breaker = createBreaker({ threshold: THRESHOLD });
  for (let time = 0; time < 5; time++) {
    fail(breaker, THRESHOLD - 1);
    assert.equal(breaker.enter(), 0);
    breaker.succeeded();
  }
  assert.equal(breaker.state, "closed");
});

Deno.test("open breaker says how long it is until it is worth asking again", () => {
  const clock = { now: 0 };
  const breaker = open(clock);
  assert.equal(breaker.enter(), COOL_DOWN);
  clock.now = 400;
  assert.equal(breaker.enter(), COOL_DOWN - 400);
});

Deno.test("cooled breaker lets one request through, and no other meanwhile", () => {
  const clock = { now: 0 };
  const breaker = open(clock);
  clock.now = COOL_DOWN;
  assert.equal(breaker.enter(), 0);
  assert.equal(breaker.state, "half-open");
  clock.now += 10 * COOL_DOWN;
  for (let time = 0; time < 100; time++) assert.ok(breaker.enter() > 0);
});

Deno.test("half-open breaker closes when its request is answered", () => {
  const clock = { now: 0 };
  const breaker = open(clock);
  clock.now = COOL_DOWN;
  breaker.enter();
  breaker.succeeded();
  assert.equal(breaker.state, "closed");
  fail(breaker, THRESHOLD - 1);
  assert.equal(breaker.state, "closed");
});

Deno.test("half-open breaker opens again for as long when its request fails", () => {
  const clock = { now: 0 };
  const breaker = open(clock);
  clock.now = COOL_DOWN + 7;
  breaker.enter();
  breaker.failed();
  assert.equal(breaker.state, "open");
  assert.equal(breaker.enter(), COOL_DOWN);
});

Deno.test("half-open breaker lets the next request through when its own was given up", () => {
  const clock = { now: 0 };
  const breaker = open(clock);
  clock.now = COOL_DOWN;
  breaker.enter();
  breaker.abandoned();
  assert.equal(breaker.enter(), 0);
  assert.ok(breaker.enter() > 0);
});

Deno.test("a request from before the breaker opened, given up, lets no second trial through", () => {
  const clock = { now: 0 };
  const breaker = createBreaker({
    threshold: THRESHOLD,
    coolDown: COOL_DOWN,
    now: () => clock.now,
  });
  assert.equal(breaker.enter(), 0, "the early request");
  fail(breaker, THRESHOLD);
  clock.now = COOL_DOWN;
  assert.equal(breaker.enter(), 0, "the trial");
  breaker.abandoned();
  assert.ok(breaker.enter() > 0);
  breaker.succeeded();
  assert.equal(breaker.state, "closed");
});

/** What the breaker is meant to be, in the words of its interface. */
interface Model {
  state: BreakerState;
  failures: number;
  openedAt: number;
  running: number;
  now: number;
}

interface Real {
  readonly breaker: Breaker;
  readonly clock: Clock;
}

type Command = fc.Command<Model, Real>;

function command(
  name: string,
  run: (model: Model, real: Real) => void,
  check: (model: Readonly<Model>) => boolean = () => true,
): Command {
  return {
    check,
    run(model, real) {
      run(model, real);
      assert.equal(real.breaker.state, model.state);
    },
    toString: () => name,
  };
}

function wait(milliseconds: number): Command {
  return command(`wait ${milliseconds}`, (model, { clock }) => {
    model.now += milliseconds;
    clock.now = model.now;
  });
}

const enter = command("enter", (model, { breaker }) => {
  const left = model.openedAt + COOL_DOWN - model.now;
  const wait = breaker.enter();
  if (model.state === "closed") {
    assert.equal(wait, 0);
  } else if (model.state === "half-open") {
    assert.ok(wait > 0, "one trial at a time");
    return;
  } else if (left > 0) {
    assert.equal(wait, left);
    return;
  } else {
    assert.equal(wait, 0);
    model.state = "half-open";
    model.openedAt = model.now;
  }
  model.running++;
});

const isRunning = ({ running }: Readonly<Model>) => running > 0;

const succeed = command("succeed", (model, { breaker }) => {
  breaker.succeeded();
  model.running--;
  model.state = "closed";
  model.failures = 0;
}, isRunning);

const failOne = command("fail", (model, { breaker }) => {
  breaker.failed();
  model.running--;
  model.failures++;
  if (model.state === "half-open" || model.failures >= THRESHOLD) {
    model.state = "open";
    model.openedAt = model.now;
  }
}, isRunning);

const abandon = command("abandon", (model, { breaker }) => {
  breaker.abandoned();
  model.running--;
  if (model.state === "half-open" && model.running === 0) {
    model.state = "open";
    model.openedAt = model.now - COOL_DOWN;
  }
}, isRunning);

const commands = fc.commands([
  fc.constant(enter),
  fc.constant(succeed),
  fc.constant(failOne),
  fc.constant(failOne),
  fc.constant(abandon),
  fc.integer({ min: 1, max: 2 * COOL_DOWN }).map(wait),
], { maxCommands: 60 });

function setUp(): { readonly model: Model; readonly real: Real } {
  const clock = { now: 0 };
  const breaker = createBreaker({
    threshold: THRESHOLD,
    coolDown: COOL_DOWN,
    now: () => clock.now,
  });
  return {
    model: { state: "closed", failures: 0, openedAt: 0, running: 0, now: 0 },
    real: { breaker, clock },
  };
}

Deno.test("breaker does what its interface says, whatever happens in whatever order", () => {
  fc.assert(
    fc.property(commands, (commands) => fc.modelRun(setUp, commands)),
    { numRuns: 300 },
  );
});

Deno.test("breaker is never stuck: with nothing on the way and time passed, a request may go", () => {
  fc.assert(
    fc.property(commands, (commands) => {
      const { model, real } = setUp();
      fc.modelRun(() => ({ model, real }), commands);
      const { breaker, clock } = real;
      for (; model.running > 0; model.running--) breaker.abandoned();
      clock.now += COOL_DOWN;
      assert.equal(breaker.enter(), 0);
    }),
    { numRuns: 300 },
  );
});

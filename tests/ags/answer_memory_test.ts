import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type AnswerAccount,
  createAnswerMemory,
} from "../../lib/ags/answer_memory.ts";

const never = new AbortController().signal;

/** Takes and keeps, as an answer does. */
async function answer(
  account: AnswerAccount,
  bytes: number,
  signal: AbortSignal = never,
): Promise<void> {
  account.keep(await account.take(bytes, signal), bytes);
}

/** Whether it has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol();
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  return await Promise.race([promise, Promise.resolve(pending)]) !== pending;
}

Deno.test("What an event may hold for itself is nobody else's", async () => {
  const memory = createAnswerMemory({ free: 10, shared: 0, reserve: 0 });
  using ending = new DisposableStack();
  for (let event = 0; event < 100; event++) {
    await answer(memory.open(ending), 10);
  }
});

Deno.test("What an event holds beyond that is given back when its handler has ended", async () => {
  const memory = createAnswerMemory({ free: 0, shared: 100, reserve: 100 });
  const first = new DisposableStack();
  await answer(memory.open(first), 60);
  await answer(memory.open(first), 40);
  using second = new DisposableStack();
  await answer(memory.open(second), 100);
  using third = new DisposableStack();
  const waiting = answer(memory.open(third), 100);
  assert.ok(!await isSettled(waiting));
  first.dispose();
  await waiting;
});

Deno.test("What is not kept, and what nobody keeps, is given back at once", async () => {
  const memory = createAnswerMemory({ free: 0, shared: 100, reserve: 0 });
  for (let time = 0; time < 3; time++) await answer(memory.open(), 100);
  const over = new DisposableStack();
  const account = memory.open(over);
  over.dispose();
  for (let time = 0; time < 3; time++) await answer(account, 100);
  using ending = new DisposableStack();
  const share = await memory.open(ending).take(100, never);
  share[Symbol.dispose]();
  await answer(memory.open(ending), 100);
});

Deno.test("An answer keeps what it needs of what it took", async () => {
  const memory = createAnswerMemory({ free: 0, shared: 100, reserve: 0 });
  using ending = new DisposableStack();
  for (let event = 0; event < 10; event++) {
    const account = memory.open(ending);
    account.keep(await account.take(10 + 9 * (10 - event - 1), never), 9);
  }
});

Deno.test("Events that hold some and wait for more do not wait for each other", async () => {
  const memory = createAnswerMemory({ free: 0, shared: 100, reserve: 50 });
  const events = Array.from({ length: 10 }, () => {
    const ending = new DisposableStack();
    return { ending, account: memory.open(ending) };
  });
  for (const { account } of events) await answer(account, 10);
  const order: number[] = [];
  const done = events.map(async ({ account, ending }, at) => {
    await answer(account, 50);
    order.push(at);
    ending.dispose();
  });
  await Promise.all(done);
  assert.equal(order.length, 10);
});

Deno.test("Requests of one event that wait at once share its turn", async () => {
  const memory = createAnswerMemory({ free: 0, shared: 40, reserve: 100 });
  using other = new DisposableStack();
  await answer(memory.open(other), 40);
  const ending = new DisposableStack();
  const account = memory.open(ending);
  await Promise.all([answer(account, 40), answer(account, 40)]);
  using next = new DisposableStack();
  const waiting = answer(memory.open(next), 40);
  assert.ok(!await isSettled(waiting), "it is not its turn");
  ending.dispose();
  await waiting;
});

Deno.test("Who waits may give up, and keeps nothing", async () => {
  const memory = createAnswerMemory({ free: 0, shared: 100, reserve: 100 });
  const first = new DisposableStack();
  await answer(memory.open(first), 100);
  await answer(memory.open(first), 100);
  const controller = new AbortController();
  using second = new DisposableStack();
  const waiting = answer(memory.open(second), 100, controller.signal);
  assert.ok(!await isSettled(waiting));
  const reason = new Error("over");
  controller.abort(reason);
  await assert.rejects(waiting, reason);
  first.dispose();
  using third = new DisposableStack();
  await answer(memory.open(third), 100);
});

Deno.test("Whatever events ask for, all of them end, and nothing is left over", async () => {
  const wants = fc.array(
    fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 4 }),
    { minLength: 1, maxLength: 30 },
  );
  await fc.assert(fc.asyncProperty(wants, fc.boolean(), async (all, atOnce) => {
    const memory = createAnswerMemory({ free: 5, shared: 60, reserve: 200 });
    await Promise.all(all.map(async (bytes) => {
      using ending = new DisposableStack();
      const account = memory.open(ending);
      if (atOnce) await Promise.all(bytes.map((each) => answer(account, each)));
      else for (const each of bytes) await answer(account, each);
    }));
    using ending = new DisposableStack();
    const account = memory.open(ending);
    for (let time = 0; time < 4; time++) await answer(account, 60);
  }));
});

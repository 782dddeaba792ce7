import assert from "node:assert/strict";
import {
  RetryableError,
  ShutdownError,
  TerminalError,
} from "../../lib/core/errors.ts";
import type { Event } from "../../lib/core/event.ts";
import { bytesId } from "../../lib/core/event_id.ts";
import { createMemoryBudget } from "../../lib/core/memory_budget.ts";
import { OVERLOADED, type Result } from "../../lib/core/outcome.ts";
import type { Arrival } from "../../lib/core/tracing.ts";
import { GROUP, loginText, startSource, TOPIC } from "./_source.ts";
import { PATIENCE } from "../_support/patience.ts";

Deno.test("an event of a topic reaches its handler with the attributes that gRPC gives it", async () => {
  const events: Event[] = [];
  await using test = await startSource({
    handle: (event) => void events.push(event),
  });
  test.login("e1");
  await test.committed(1);
  assert.deepEqual(events.map(({ data: _, ...event }) => event), [{
    id: "e1",
    type: "userAuthentication.userLoggedIn",
    source: "accelbyte.iam.account.v1",
    subject: "player",
    time: "2026-11-21T18:20:31Z",
    namespace: "test-namespace",
  }]);
  const [{ data } = assert.fail()] = events;
  assert.equal((data as { version: unknown }).version, "1");
});

Deno.test("events of one partition are handled one after another, in order; partitions beside each other", async () => {
  const order: string[] = [];
  let running = 0;
  let most = 0;
  await using test = await startSource({
    partitions: 2,
    async handle({ id }) {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 2));
      order.push(id);
      running--;
    },
  });
  for (let index = 0; index < 6; index++) {
    test.login(`a${index}`, 0);
    test.login(`b${index}`, 1);
  }
  await Promise.all([test.committed(6, 0), test.committed(6, 1)]);
  const of = (letter: string) => order.filter((id) => id.startsWith(letter));
  assert.deepEqual(of("a"), ["a0", "a1", "a2", "a3", "a4", "a5"]);
  assert.deepEqual(of("b"), ["b0", "b1", "b2", "b3", "b4", "b5"]);
  assert.equal(most, 2);
});

Deno.test("an event that fails comes again until it is done; what follows it on its partition waits, others do not", async () => {
  const order: string[] = [];
  let failures = 0;
  await using test = await startSource({
    partitions: 2,
    handle({ id }) {
      order.push(id);
      if (id === "a0" && ++failures < 15) throw new RetryableError("Not yet");
    },
  });
  test.login("a0", 0);
  test.login("a1", 0);
  test.login("b0", 1);
  await test.committed(1, 1);
  assert.ok(order.indexOf("b0") < order.indexOf("a1") || !order.includes("a1"));
  await test.committed(2, 0);
  assert.deepEqual(order.filter((id) => id !== "b0"), [
    ...Array(15).fill("a0"),
    "a1",
  ]);
  assert.deepEqual(test.letters, []);
});

Deno.test("an event that is overloaded waits for its turn", async () => {
  let refusals = 3;
  const ids: string[] = [];
  await using test = await startSource({
    handle: ({ id }) => void ids.push(id),
    middleware: [
      (delivery, next): Promise<Result> =>
        refusals-- > 0 ? Promise.resolve(OVERLOADED) : next(delivery),
    ],
  });
  test.login("a");
  await test.committed(1);
  assert.deepEqual(ids, ["a"]);
  assert.equal(refusals, -1);
  const again = test.log.lines.filter(({ message }) =>
    message === "Event failed and will be retried"
  );
  assert.equal(again.length, 3);
  for (const { fields } of again) assert.equal(fields.outcome, "overloaded");
});

Deno.test("an event that is rejected is committed once its letter is kept, not before", async () => {
  const offsets: bigint[] = [];
  await using test = await startSource({
    handle() {
      throw new TerminalError("Never");
    },
    keep() {
      offsets.push(test.offset() ?? 0n);
      return offsets.length < 3
        ? Promise.reject(new Error("Disk is full"))
        : Promise.resolve();
    },
  });
  test.login("a");
  await test.committed(1);
  assert.deepEqual(offsets, [0n, 0n, 0n]);
  const [letter = assert.fail()] = test.letters;
  assert.deepEqual(
    [letter.event.id, letter.outcome, letter.source],
    ["a", "rejected", "kafka"],
  );
  assert.deepEqual(letter.bytes, new TextEncoder().encode(loginText("a")));
});

Deno.test("an event that fails as often as it may becomes a dead letter, and the next one is handled", async () => {
  let runs = 0;
  await using test = await startSource({
    maxAttempts: 3,
    handle({ id }) {
      if (id === "poison" && ++runs > 0) throw new Error("Bug");
    },
  });
  test.login("poison");
  test.login("next");
  await test.committed(2);
  assert.equal(runs, 3);
  assert.deepEqual(
    test.letters.map(({ event, outcome }) => [event.id, outcome]),
    [["poison", "exhausted"]],
  );
});

Deno.test("an event that comes twice is done once", async () => {
  const ids: string[] = [];
  await using test = await startSource({
    maxAttempts: 3,
    handle: ({ id }) => void ids.push(id),
  });
  test.login("a");
  test.login("a");
  await test.committed(2);
  assert.deepEqual(ids, ["a"]);
});

Deno.test("names that no handler takes are committed without a word, and counted", async () => {
  await using test = await startSource({ handle: () => assert.fail() });
  test.put('{"name":"userLoggedOut","id":"1"}');
  await test.committed(1);
  assert.deepEqual(test.seen, [TOPIC]);
  assert.deepEqual(test.letters, []);
  assert.deepEqual(test.log.lines, []);
});

Deno.test("fields that nobody knows are counted", async () => {
  await using test = await startSource({ handle() {} });
  test.put(loginText("1", { brandNew: true, timestampUnixNano: 5 }));
  await test.committed(1);
  assert.deepEqual(test.seen, ["userAuthentication.userLoggedIn 1"]);
});

for (
  const [what, text] of [
    ["no JSON", "{secret"],
    ["null", "null"],
    ["nothing", ""],
    ["an event without a name", '{"id":"1"}'],
  ] as const
) {
  Deno.test(`a record that is ${what} becomes a dead letter with its bytes, and the next one is handled`, async () => {
    const ids: string[] = [];
    let refusals = 2;
    await using test = await startSource({
      handle: ({ id }) => void ids.push(id),
      keep: () =>
        refusals-- > 0
          ? Promise.reject(new Error("Disk is full"))
          : Promise.resolve(),
    });
    test.put(text);
    test.login("next");
    await test.committed(2);
    assert.deepEqual(ids, ["next"]);
    const [letter = assert.fail(), ...more] = test.letters;
    assert.deepEqual(more, []);
    const bytes = new TextEncoder().encode(text);
    assert.deepEqual(
      [letter.bytes, letter.event.id, letter.event.type, letter.outcome],
      [bytes, bytesId(bytes), "userAuthentication", "rejected"],
    );
    const logged = JSON.stringify(
      test.log.lines,
      (_key, value) => value instanceof Error ? value.message : value,
    );
    assert.doesNotMatch(logged, /secret/);
  });
}

Deno.test("an event whose field has another type becomes a dead letter of its type", async () => {
  await using test = await startSource({ handle: () => assert.fail() });
  test.put(loginText("1", { userId: 5 }));
  await test.committed(1);
  const [letter = assert.fail()] = test.letters;
  assert.deepEqual(
    [letter.event.type, letter.reason, letter.event.data],
    ["userAuthentication.userLoggedIn", "bad_event", undefined],
  );
});

Deno.test("draining ends reading, lets the event at hand finish, commits it and leaves the group", async () => {
  const begun = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const ids: string[] = [];
  await using test = await startSource({
    async handle({ id }) {
      begun.resolve();
      await go.promise;
      ids.push(id);
    },
  });
  test.login("a");
  test.login("b");
  await begun.promise;
  const closed = test.source.close(AbortSignal.timeout(PATIENCE));
  const drained = test.drain(10_000);
  go.resolve();
  await Promise.all([closed, drained]);
  assert.deepEqual(ids, ["a"]);
  assert.equal(test.offset(), 1n);
  assert.equal(test.kafka.members[0]?.isClosed, true);
});

Deno.test("an event that does not end within the grace is ended, and is not committed", async () => {
  const begun = Promise.withResolvers<void>();
  let reason: unknown;
  await using test = await startSource({
    async handle(_event, { signal }) {
      begun.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      reason = signal.reason;
      signal.throwIfAborted();
    },
  });
  test.login("a");
  await begun.promise;
  await Promise.all([
    test.source.close(AbortSignal.timeout(PATIENCE)),
    test.drain(10),
  ]);
  assert.ok(reason instanceof ShutdownError);
  assert.equal(test.offset() ?? 0n, 0n);
});

Deno.test("disposing ends the event at hand at once", async () => {
  const begun = Promise.withResolvers<void>();
  const test = await startSource({
    async handle(_event, { signal }) {
      begun.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      signal.throwIfAborted();
    },
  });
  test.login("a");
  await begun.promise;
  await test[Symbol.asyncDispose]();
  assert.equal(test.offset() ?? 0n, 0n);
});

Deno.test("the source is joined while it has its partitions", async () => {
  const test = await startSource({ handle() {} });
  assert.equal(test.source.isJoined, true);
  assert.deepEqual(test.source.topics, ["userAuthentication"]);
  await test[Symbol.asyncDispose]();
  assert.equal(test.source.isJoined, false);
});

Deno.test("a record that is sent again runs what was set aside, for its group only", async () => {
  let isBroken = true;
  const ids: string[] = [];
  await using test = await startSource({
    maxAttempts: 3,
    handle({ id }) {
      if (isBroken) throw new TerminalError("Never");
      ids.push(id);
    },
  });
  test.login("a");
  await test.committed(1);
  isBroken = false;
  const replay = { "event-replay": "dead-letter" };
  test.login("a");
  test.put(loginText("a"), {
    headers: { ...replay, "event-replay-group": "stage.another" },
  });
  await test.committed(3);
  assert.deepEqual(ids, []);
  test.put(loginText("a"), {
    headers: { ...replay, "event-replay-group": GROUP },
  });
  await test.committed(4);
  assert.deepEqual(ids, ["a"]);
});

Deno.test("the trace of a record is that of its headers, or else that of its envelope", async () => {
  const arrivals: (Arrival | undefined)[] = [];
  await using test = await startSource({
    handle() {},
    middleware: [(delivery, next) => {
      arrivals.push(delivery.arrival);
      return next(delivery);
    }],
  });
  const [trace, span] = [
    "0af7651916cd43dd8448eb211c80319c",
    "b7ad6b7169203331",
  ];
  const parent = `00-${trace}-${span}-01`;
  test.put(loginText("1"), { headers: { Traceparent: parent } });
  test.put(loginText("2", { spanContext: parent }));
  test.put(loginText("3", { spanContext: `${trace}-${span}-1` }));
  test.put(loginText("4", { spanContext: `${trace}:${span}:0:0` }));
  test.put(loginText("5", { traceId: trace }));
  test.put(loginText("6"));
  test.put(loginText("7", { traceId: trace }), { headers: { b3: "0" } });
  await test.committed(7);
  assert.deepEqual(arrivals.map((each) => each?.header("traceparent")), [
    parent,
    parent,
    parent,
    `00-${trace}-${span}-00`,
    `00-${trace}-${trace.slice(16)}-01`,
    undefined,
    undefined,
  ]);
  assert.deepEqual([arrivals[0]?.kind, arrivals[0]?.name], [
    "message",
    TOPIC,
  ]);
});

Deno.test("events wait for memory that others hold, and each gives its own back", async () => {
  const gate = Promise.withResolvers<void>();
  const memory = createMemoryBudget(5_000);
  const begun: string[] = [];
  await using test = await startSource({
    partitions: 4,
    memory,
    async handle({ id }) {
      begun.push(id);
      await gate.promise;
    },
  });
  for (let partition = 0; partition < 4; partition++) {
    test.login(`e${partition}`, partition);
  }
  await until(() => memory.waiting > 0 && begun.length + memory.waiting === 4);
  assert.ok(begun.length > 0);
  assert.ok(memory.used > 0 && memory.used <= memory.limit);
  gate.resolve();
  for (let partition = 0; partition < 4; partition++) {
    await test.committed(1, partition);
  }
  assert.equal(begun.length, 4);
  assert.deepEqual([memory.used, memory.waiting], [0, 0]);
});

Deno.test("an event that alone takes more than all memory for events becomes a dead letter, and the next one is handled", async () => {
  const ids: string[] = [];
  await using test = await startSource({
    memory: createMemoryBudget(10_000),
    handle: ({ id }) => void ids.push(id),
  });
  const large = loginText("large", { x: Array(1_000).fill({}) });
  test.put(large);
  test.login("small");
  await test.committed(2);
  assert.deepEqual(ids, ["small"]);
  const [letter = assert.fail()] = test.letters;
  assert.equal(letter.outcome, "rejected");
  assert.match(String(letter.error), /EVENT_MEMORY_BYTES/);
  assert.deepEqual(letter.bytes, new TextEncoder().encode(large));
});

Deno.test("events of no handler, and what is no event, give their memory back", async () => {
  const memory = createMemoryBudget(10_000);
  await using test = await startSource({ memory, handle: () => {} });
  test.put('{"name":"userLoggedOut","id":"1"}');
  test.put("no event");
  test.put('{"name":"userLoggedIn","id":["malformed"]}');
  await test.committed(3);
  assert.equal(memory.used, 0);
});

async function until(isThere: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE;
  while (!isThere()) {
    assert.ok(Date.now() < end, "it never came");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

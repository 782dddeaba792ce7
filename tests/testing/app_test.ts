import assert from "node:assert/strict";
import { on, parseJson, RetryableError, TerminalError } from "event-handler";
import { creditWallet } from "event-handler/ags";
import { startTestApp } from "event-handler/testing";

const LOGIN = "userAuthentication.userLoggedIn";

Deno.test("The test kit delivers an event as the wire brings it, and needs no port", async () => {
  await using app = await startTestApp({
    handlers: [on(LOGIN, (event, ctx) => {
      ctx.log.info("Seen", { subject: event.subject, time: event.time });
    })],
  });
  const { outcome } = await app.deliver(LOGIN, {
    set: { userId: "u1", timestamp: "2026-01-02T03:04:05Z" },
  });
  assert.equal(outcome, "handled");
  assert.equal(app.log[0]?.fields.subject, "u1");
  assert.equal(app.log[0]?.fields.time, "2026-01-02T03:04:05Z");
  assert.deepEqual(app.ags.requests, []);
});

Deno.test("The test kit leaves out what an event does not say", async () => {
  const seen: unknown[] = [];
  await using app = await startTestApp({
    handlers: [
      on(LOGIN, (event) => void seen.push("subject" in event, "time" in event)),
    ],
  });
  const set = { userId: "", timestamp: "", namespace: "" };
  const { outcome, error } = await app.deliver(LOGIN, { set });
  assert.equal(outcome, "handled", String(error));
  assert.deepEqual(seen, [false, false]);
});

Deno.test("The test kit shows what AGS was asked, and has it fail on demand", async () => {
  await using app = await startTestApp({
    handlers: [on(LOGIN, async (event, ctx) => {
      const { userId } = event.data;
      await creditWallet(ctx.ags, {
        userId,
        currencyCode: "GOLD",
        amount: 50,
      });
    })],
  });
  app.ags.fail({ kind: "error", status: 503, times: 2 });
  const outcomes: string[] = [];
  for (let time = 0; time < 3; time++) {
    const { outcome } = await app.deliver(LOGIN, {
      set: { userId: "u1", id: "e1" },
    });
    outcomes.push(outcome);
  }
  // A credit that may have been carried out is not sent again: the event comes again.
  assert.deepEqual(outcomes, ["failed", "failed", "handled"]);
  const statuses = app.ags.requests.map(({ status }) => status);
  assert.deepEqual([statuses.at(0), statuses.at(-1)], [503, 200]);
  assert.match(app.ags.requests[0]?.route ?? "", /\{userId\}/);
  const emulator = await app.ags.emulator();
  assert.equal(emulator.state.balance("u1", "GOLD"), 50);
});

Deno.test("The test kit counts duplicates, attempts and dead letters as production does", async () => {
  let runs = 0;
  await using app = await startTestApp({
    config: { maxAttempts: 2 },
    handlers: [on(LOGIN, (event) => {
      runs++;
      if (event.data.userId === "bad") throw new TerminalError("Never");
      if (event.data.userId === "bug") throw new Error("Bug");
    })],
  });
  const outcome = async (userId: string) =>
    (await app.deliver(LOGIN, { set: { userId, id: userId } })).outcome;
  assert.deepEqual(
    [await outcome("good"), await outcome("good")],
    ["handled", "duplicate"],
  );
  assert.equal(await outcome("bad"), "rejected");
  assert.deepEqual(
    [await outcome("bug"), await outcome("bug"), await outcome("bug")],
    ["failed", "failed", "exhausted"],
  );
  assert.equal(runs, 4);
  assert.deepEqual(
    app.deadLetters.map(({ event, outcome }) => [event.id, outcome]),
    [["bad", "rejected"], ["bug", "exhausted"]],
  );
});

Deno.test("The test kit takes messages and tasks, and keeps what is published and answered", async () => {
  await using app = await startTestApp({
    handlers: [
      on("asyncMessaging.orders", async (event, ctx) => {
        const order = parseJson(event.data.body) as { id: string };
        await ctx.eventStream.publish("shop.orders", {
          name: "orderSeen",
          payload: { order: order.id },
        });
        await ctx.messaging.publish("seen", { order: order.id });
      }),
      on("scheduledTask.nightly", () => ({ resultData: "42" })),
    ],
  });
  const message = await app.deliver("asyncMessaging.orders", {
    set: { body: '{"id":"o1"}' },
  });
  assert.equal(message.outcome, "handled", String(message.error));
  const [published = assert.fail()] = app.published;
  assert.deepEqual(
    [published.topic, published.name, published.payload],
    ["shop.orders", "orderSeen", { order: "o1" }],
  );
  assert.deepEqual(app.messages.map(({ topic, body }) => [topic, body]), [
    ["seen", '{"order":"o1"}'],
  ]);
  const task = await app.deliver("scheduledTask.nightly");
  assert.deepEqual(task.answer, { resultData: "42" });
});

Deno.test("The test kit ends an event whose caller goes away, and refuses what no handler takes", async () => {
  await using app = await startTestApp({
    handlers: [
      on(
        LOGIN,
        (_event, ctx) =>
          new Promise((_, reject) =>
            ctx.signal.addEventListener(
              "abort",
              () => reject(ctx.signal.reason),
            )
          ),
      ),
    ],
  });
  const controller = new AbortController();
  const result = app.deliver(LOGIN, { signal: controller.signal });
  controller.abort(new RetryableError("gone"));
  assert.equal((await result).outcome, "failed");
  await assert.rejects(
    app.deliver("group.groupCreated"),
    /No handler takes "group\.groupCreated"/,
  );
});

Deno.test("The test kit leaves nothing behind of a handler that never ends", async () => {
  const begun = Promise.withResolvers<void>();
  await using app = await startTestApp({
    handlers: [on(LOGIN, () => {
      begun.resolve();
      return new Promise<void>(() => {});
    })],
  });
  const caller = new AbortController();
  const delivered = app.deliver(LOGIN, { signal: caller.signal });
  await begun.promise;
  caller.abort(new Error("gone"));
  assert.notEqual((await delivered).outcome, "handled");
});

Deno.test("A client event is delivered as a player sends it, with the fields that are set", async () => {
  const handler = on("clientEvents.buy", (event, ctx) => {
    ctx.log.info("Bought", {
      player: event.subject,
      what: event.data.data,
    });
  });
  await using app = await startTestApp({ handlers: [handler] });
  const { outcome } = await app.deliver("clientEvents.buy", {
    set: { "data.itemSku": 9 },
  });
  assert.equal(outcome, "handled");
  assert.deepEqual(app.log[0]?.fields.what, { sample: "value", itemSku: 9 });
  assert.equal(app.log[0]?.fields.player, "test-player");
  await assert.rejects(app.deliver("clientEvents.sell"), RangeError);
});

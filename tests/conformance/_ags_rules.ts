/**
 * Rules of AGS's moods: what an event is answered when AGS refuses, fails, is slow
 * or is not there.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  COINS_ITEM_ID,
  DEFAULT_CLIENT_ID,
  DURABLE_ITEM_ID,
  type Fault,
  startEmulator,
} from "../../dev/emulator/mod.ts";
import { agsId } from "./_events.ts";
import { freePort } from "../../dev/free_port.ts";
import {
  CLIENT_SECRET,
  environment,
  rulesOf,
  startWorld,
  type Suite,
} from "./_world.ts";
import { call, connect } from "../grpc/_grpc.ts";
import { eventBytes, LOGGED_IN, PATHS } from "./_events.ts";
import { PATIENCE } from "../_support/patience.ts";

const FULFILLMENT = {
  path: "/platform/admin/namespaces/{namespace}/users/{userId}/fulfillment",
};
const TOKEN_ROUTE = "POST /iam/v3/oauth/token";
const FULFILLMENT_ROUTE =
  "POST /platform/admin/namespaces/{namespace}/users/{userId}/fulfillment";

/** Asks again and again until it holds. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE);
  while (!await holds()) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Registers the rules. */
export function agsRules(suite: Suite): void {
  Deno.test(`${suite.name}: AGS refuses, fails or is slow`, async (test) => {
    await using world = await startWorld(suite, {
      env: { HANDLER_TIMEOUT: "3s" },
    });
    const { emulator, target, send, grants } = world;
    const { faults, journal } = emulator;
    const rule = rulesOf(test, world);
    const calls = (route: string) => journal.counters.byRoute[route] ?? 0;

    /** Sends one event while something is wrong; counts what AGS was asked. */
    async function sendWith(...wrong: readonly Fault[]) {
      faults.set(wrong);
      const before = [TOKEN_ROUTE, FULFILLMENT_ROUTE].map(calls);
      const userId = agsId();
      const answer = await send({ userId });
      faults.clear();
      const [logins = 0, requests = 0] = [TOKEN_ROUTE, FULFILLMENT_ROUTE].map(
        (route, index) => calls(route) - (before[index] ?? 0),
      );
      return { ...answer, logins, requests, grants: grants(userId) };
    }

    await rule(
      "an answer that names nothing granted is answered FAILED_PRECONDITION",
      async () => {
        const answer = await sendWith({ kind: "noSummaries" });
        assert.deepEqual([answer.status, answer.requests], [
          "FAILED_PRECONDITION",
          1,
        ]);
      },
    );

    await rule(
      "a closed wallet is answered FAILED_PRECONDITION, without a retry",
      async () => {
        const answer = await sendWith({
          kind: "error",
          status: 400,
          errorCode: 35123,
        });
        assert.deepEqual([answer.status, answer.requests], [
          "FAILED_PRECONDITION",
          1,
        ]);
      },
    );

    for (
      const [what, fault] of Object.entries(
        {
          "does not answer": { kind: "hang" },
          "lets its answer drip": { kind: "slowBody", intervalMs: 1_000 },
        } satisfies Record<string, Fault>,
      )
    ) {
      await rule(
        `AGS that ${what} is answered UNAVAILABLE when HANDLER_TIMEOUT is over`,
        async () => {
          const answer = await sendWith({ ...fault, match: FULFILLMENT });
          assert.equal(answer.status, "UNAVAILABLE");
          assert.match(answer.details, /in time/);
        },
      );
    }

    await rule("a 429 is tried again, not before its Retry-After", async () => {
      const since = journal.requests().at(-1)?.seq ?? 0;
      const answer = await sendWith({
        kind: "tooManyRequests",
        retryAfter: 1,
        times: 1,
        match: FULFILLMENT,
      });
      assert.deepEqual([answer.status, answer.grants], ["OK", 1]);
      const times = journal.requests(since)
        .filter(({ path }) => path.endsWith("/fulfillment"))
        .map(({ time }) => time);
      assert.equal(times.length, 2);
      const [first = 0, second = 0] = times;
      assert.ok(second - first >= 1_000, `${second - first} ms`);
    });

    for (
      const [seconds, pushback] of [
        [40, "40000"],
        [3_600, "60000"],
        [999_999_999, "60000"],
      ] as const
    ) {
      await rule(
        `a Retry-After of ${seconds} s is passed on as ${pushback} ms, not waited for`,
        async () => {
          const answer = await sendWith({
            kind: "tooManyRequests",
            retryAfter: seconds,
            match: FULFILLMENT,
          });
          assert.deepEqual(
            [answer.status, answer.requests],
            ["UNAVAILABLE", 1],
          );
          assert.equal(answer.metadata["grpc-retry-pushback-ms"], pushback);
        },
      );
    }

    await rule("a 401 leads to one login and one more try", async () => {
      const once = await sendWith({
        kind: "unauthorized",
        times: 1,
        match: FULFILLMENT,
      });
      assert.deepEqual(
        [once.status, once.grants, once.logins, once.requests],
        ["OK", 1, 1, 2],
      );
      const always = await sendWith({
        kind: "unauthorized",
        match: FULFILLMENT,
      });
      assert.deepEqual(
        [always.status, always.logins, always.requests],
        ["UNAVAILABLE", 1, 2],
      );
    });

    for (
      const [what, fault] of Object.entries(
        {
          "a connection that is reset": { kind: "reset" },
          "a 503": { kind: "error", status: 503 },
        } satisfies Record<string, Fault>,
      )
    ) {
      await rule(
        `a v1 grant that meets ${what} is not sent again before the event is`,
        async () => {
          const answer = await sendWith({
            ...fault,
            times: 2,
            match: FULFILLMENT,
          });
          assert.deepEqual([answer.status, answer.grants, answer.requests], [
            "UNAVAILABLE",
            0,
            1,
          ]);
        },
      );
    }

    await rule("a lost optimistic lock is tried again", async () => {
      const answer = await sendWith({
        kind: "error",
        status: 409,
        errorCode: 20006,
        times: 2,
        match: FULFILLMENT,
      });
      assert.deepEqual([answer.status, answer.grants, answer.requests], [
        "OK",
        1,
        3,
      ]);
    });

    await rule(
      "a caller whose deadline passes ends the event, and AGS's request with it",
      async () => {
        faults.set([{ kind: "hang", match: FULFILLMENT }]);
        const id = agsId();
        const { status } = await send({ id, timeout: 1_000 });
        assert.equal(status, "DEADLINE_EXCEEDED");
        const record = await target.logged(({ eventId }) => eventId === id);
        assert.deepEqual([record["outcome"], record["reason"]], [
          "failed",
          "deadline",
        ]);
      },
    );

    await rule("a caller that cancels ends the event", async () => {
      faults.set([{ kind: "hang", match: FULFILLMENT }]);
      const id = agsId();
      const asked = journal.counters.requests + 1;
      let cancel = () => {};
      const answer = send({
        id,
        onCall: (under) => cancel = () => under.cancel(),
      });
      await journal.seen(asked, { signal: AbortSignal.timeout(PATIENCE) });
      cancel();
      assert.equal((await answer).status, "CANCELLED");
      const record = await target.logged(({ eventId }) => eventId === id);
      assert.deepEqual([record["outcome"], record["level"]], [
        "cancelled",
        "warn",
      ]);
    });
  });

  Deno.test(`${suite.name}: events beyond MAX_CONCURRENCY and MAX_QUEUE are answered RESOURCE_EXHAUSTED at once, and the others are handled`, async () => {
    await using world = await startWorld(suite, {
      hasGate: true,
      env: { MAX_CONCURRENCY: "1", MAX_QUEUE: "0" },
    });
    const { gate, send, grants } = world;
    const [first, second] = [agsId(), agsId()];
    const answer = send({ userId: first });
    await gate?.holds(1);
    const refused = await send({ userId: second });
    assert.equal(refused.status, "RESOURCE_EXHAUSTED");
    gate?.open();
    assert.equal((await answer).status, "OK");
    // Its place is free again.
    assert.equal((await send({ userId: second })).status, "OK");
    assert.deepEqual([grants(first), grants(second)], [1, 1]);
  });

  const logins = {
    "a web page with status 200": { kind: "html", status: 200 },
    "a web page with status 502": { kind: "html", status: 502 },
    "a refusal": { kind: "unauthorized" },
    "nothing": { kind: "hang" },
  } as const satisfies Record<string, Fault>;
  for (const [what, fault] of Object.entries(logins)) {
    Deno.test(`${suite.name}: a login that is answered with ${what} is answered UNAVAILABLE, for the event is fine`, async () => {
      await using world = await startWorld(suite, {
        env: { HANDLER_TIMEOUT: "1s" },
      });
      const { emulator, send, grants, target } = world;
      const match = { path: "/iam/v3/oauth/token" };
      emulator.faults.set([{ ...fault, match }]);
      const [userId, id] = [agsId(), agsId()];
      const { status } = await send({ userId, id });
      assert.equal(status, "UNAVAILABLE");
      assert.equal(grants(userId), 0);
      const record = await target.logged(({ eventId }) => eventId === id);
      assert.equal(record["outcome"], "failed");
      emulator.faults.clear();
      // A login that hangs is given ten seconds, too long for a test.
      if (fault.kind === "hang") return;
      await until(async () => (await send({ userId, id })).status === "OK");
      assert.equal(grants(userId), 1);
    });
  }

  Deno.test(`${suite.name}: items`, async (test) => {
    await using durable = await startWorld(suite, {
      env: { ITEM_ID_TO_GRANT: DURABLE_ITEM_ID },
    });
    await rulesOf(test, durable)(
      "a durable item that the player owns already is answered OK, and not granted again",
      async () => {
        const userId = agsId();
        for (let delivery = 0; delivery < 3; delivery++) {
          assert.equal((await durable.send({ userId })).status, "OK");
        }
        assert.equal(durable.grants(userId), 1);
      },
    );
    await using coins = await startWorld(suite, {
      env: { ITEM_ID_TO_GRANT: COINS_ITEM_ID },
    });
    await rulesOf(test, coins)(
      "coins are granted once, though no entitlement comes back",
      async () => {
        const userId = agsId();
        assert.equal((await coins.send({ userId })).status, "OK");
        assert.equal(coins.emulator.state.balance(userId, "GOLD"), 100);
      },
    );
    const unknown = "e".repeat(32);
    await using rejecting = await startWorld(suite, {
      env: { ITEM_ID_TO_GRANT: unknown },
    });
    await rulesOf(test, rejecting)(
      "an item that does not exist is answered FAILED_PRECONDITION, and the log names it",
      async () => {
        const id = agsId();
        const { status, details } = await rejecting.send({ id });
        assert.equal(status, "FAILED_PRECONDITION");
        assert.doesNotMatch(details, /30341/);
        const record = await rejecting.target.logged(({ eventId }) =>
          eventId === id
        );
        assert.match(JSON.stringify(record["error"]), /404 \(30341, /);
      },
    );
    await using acknowledging = await startWorld(suite, {
      env: { ITEM_ID_TO_GRANT: unknown, ON_REJECT: "ack" },
    });
    await rulesOf(test, acknowledging)(
      "with ON_REJECT=ack what will never work is answered OK, and logged all the same",
      async () => {
        const id = agsId();
        assert.equal((await acknowledging.send({ id })).status, "OK");
        const bytes = new Uint8Array([0x0a, 0xff]);
        assert.equal((await acknowledging.send({ bytes })).status, "OK");
        const record = await acknowledging.target.logged(({ eventId }) =>
          eventId === id
        );
        assert.equal(record["outcome"], "rejected");
      },
    );
  });

  Deno.test(`${suite.name}: what AGS says is logged without the secrets that it repeats`, async () => {
    await using world = await startWorld(suite, {
      env: { LOG_LEVEL: "debug" },
    });
    const { emulator, target, send } = world;
    const basic = btoa(`${DEFAULT_CLIENT_ID}:${CLIENT_SECRET}`);
    const forms = [CLIENT_SECRET, encodeURIComponent(CLIENT_SECRET), basic];
    emulator.faults.set([{
      kind: "error",
      status: 401,
      errorMessage: `no client with ${forms.join(" or ")}`,
      match: { path: "/iam/v3/oauth/token" },
    }]);
    assert.equal((await send()).status, "UNAVAILABLE");
    const record = await target.logged(({ outcome }) => outcome === "failed");
    assert.match(JSON.stringify(record["error"]), /no client with \[secret\]/);
    for (const line of [...target.stdout, ...target.stderr]) {
      for (const form of forms) assert.ok(!line.includes(form), line);
    }
  });

  Deno.test(`${suite.name}: while AGS is down events are answered UNAVAILABLE, /readyz says 503, and both recover`, async () => {
    const port = freePort();
    const url = `http://127.0.0.1:${port}`;
    await using stack = new AsyncDisposableStack();
    const target = stack.use(
      await suite.startTarget({
        env: {
          ...environment({ url, namespace: "mygame" }),
          HANDLER_TIMEOUT: "2s",
        },
      }),
    );
    const { client } = stack.use(connect(target.grpcPort));
    const send = () => call(client, PATHS[LOGGED_IN], eventBytes("mygame"));
    const statusOf = async (path: string) => {
      const at = `http://127.0.0.1:${target.metricsPort}${path}`;
      const response = await fetch(at);
      await response.body?.cancel();
      return response.status;
    };
    assert.equal((await send()).status, "UNAVAILABLE");
    assert.deepEqual(
      [await statusOf("/readyz"), await statusOf("/livez")],
      [503, 200],
    );
    stack.use(await startEmulator({ port, clientSecret: CLIENT_SECRET }));
    await until(async () => await statusOf("/readyz") === 200);
    assert.equal((await send()).status, "OK");
  });
}

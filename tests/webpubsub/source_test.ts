/**
 * Web PubSub as a source of the service.
 */

import assert from "node:assert/strict";
import { until } from "../../dev/until.ts";
import { Secret } from "../../lib/config/secret.ts";
import { AppError } from "../../lib/core/errors.ts";
import { ConfigError } from "../../lib/config/parse.ts";
import { on, RetryableError, TerminalError } from "../../mod.ts";
import {
  ConnectionRefused,
  TryAgainError,
  WebPubSubError,
} from "event-handler/web-pubsub";
import { parseAll, REQUIRED_VARIABLES } from "../_support/config.ts";
import { type Answer, startWebPubSub } from "./_service.ts";
import {
  CONNECT,
  CONNECTED,
  connectionString,
  K1,
  MESSAGE,
  sign,
  userEvent,
  without,
} from "./_vectors.ts";

const answered = ({ status, body }: Answer) => [status, body] as const;

/** Headers of a text event with a name and an id of its own. */
const named = (name: string, id = "2", hub = "chat") => ({
  ...userEvent(name, "text/plain"),
  "ce-id": id,
  "ce-hub": hub,
});

Deno.test("a user event goes to the handler that says most of it: hub, name, all names", async () => {
  await using app = await startWebPubSub([
    on("webPubSub.message", () => "message"),
    on("webPubSub.message@game", () => "message@game"),
    on("webPubSub.user.order", () => "order"),
    on("webPubSub.user.*", ({ type }) => type),
    on("webPubSub.user.*@game", () => "user.*@game"),
  ]);
  const cases = [
    ["message", "chat", "message"],
    ["MESSAGE", "chat", "message"],
    ["message", "game", "message@game"],
    ["order", "chat", "order"],
    ["ORDER", "chat", "order"],
    ["order", "game", "order"],
    ["a.b-c", "chat", "webPubSub.user.a.b-c"],
    ["a.b-c", "GAME", "user.*@game"],
  ] as const;
  for (const [index, [name, hub, wanted]] of cases.entries()) {
    const response = await app.send(named(name, `${index}`, hub), "hi");
    assert.deepEqual(answered(response), [200, wanted], `${name}@${hub}`);
  }
  const metrics = await app.metrics();
  assert.match(
    metrics,
    /type="webPubSub\.user\.\*",source="webPubSub",outcome="handled"\} 1/,
  );
  assert.doesNotMatch(metrics, /a\.b-c/);
});

Deno.test("without a handler a user event is answered 204 and a connect lets the client in", async () => {
  await using app = await startWebPubSub([]);
  for (const headers of [CONNECT, MESSAGE]) {
    assert.deepEqual(answered(await app.send(headers, "{}")), [204, ""]);
  }
  assert.deepEqual(answered(await app.send(CONNECTED, "{}")), [200, ""]);
  assert.deepEqual(app.outcomes, []);
});

Deno.test("a refusal is a decision: its status, no dead letter, no second run", async () => {
  let runs = 0;
  await using app = await startWebPubSub([
    on("webPubSub.connect", () => {
      runs++;
      throw new ConnectionRefused(403, "banned");
    }),
    on("webPubSub.message", () => {
      throw new ConnectionRefused(429, "slow down");
    }),
  ]);
  for (let time = 0; time < 2; time++) {
    assert.deepEqual(
      answered(await app.send(CONNECT, "{}")),
      [403, "banned"],
    );
  }
  assert.equal(runs, 1);
  assert.deepEqual(
    answered(await app.send(MESSAGE, "hi")),
    [429, "slow down"],
  );
  assert.deepEqual(app.outcomes, ["rejected", "rejected"]);
  assert.deepEqual(await app.letters(), []);
  assert.ok(app.log.lines.every(({ level }) => level !== "error"));
});

Deno.test("how a handler fails decides whether Web PubSub sends the event again", async () => {
  const errors: Readonly<Record<string, Error>> = {
    terminal: new TerminalError("secret"),
    state: new TerminalError("secret", { fault: "state" }),
    retryable: new RetryableError("secret"),
    again: new TryAgainError("secret"),
    away: new WebPubSubError("secret", { retryable: true }),
    gone: new WebPubSubError("secret", { retryable: false, status: 404 }),
    bug: new Error("secret"),
  };
  await using app = await startWebPubSub([
    on("webPubSub.message", ({ data }) => {
      throw errors[String(data.content)];
    }),
  ]);
  const wanted = {
    terminal: 400,
    state: 409,
    retryable: 503,
    again: 503,
    away: 503,
    gone: 409,
    bug: 500,
  };
  for (const [text, status] of Object.entries(wanted)) {
    assert.deepEqual(
      answered(await app.send(MESSAGE, text)),
      [status, ""],
      text,
    );
  }
  const letters = await app.letters();
  assert.deepEqual(
    letters.map(({ outcome, source }) => [outcome, source]),
    Array(3).fill(["rejected", "webPubSub"]),
  );
});

Deno.test("an event that comes again is answered as before, with its state, and not run", async () => {
  let runs = 0;
  await using app = await startWebPubSub([
    on("webPubSub.message", ({ data }) => {
      data.state.set("runs", ++runs);
      return `run ${runs}`;
    }),
    on("webPubSub.connect", () => ({ userId: `user ${++runs}` })),
  ]);
  for (const headers of [MESSAGE, CONNECT]) {
    const first = await app.send(headers, "{}");
    const again = await app.send(headers, "{}");
    assert.equal(
      again.headers.get("ce-connectionstate"),
      first.headers.get("ce-connectionstate"),
    );
    assert.deepEqual(answered(again), answered(first));
  }
  assert.equal(runs, 2);
  // Another id, another connection, another body: other events.
  await app.send({ ...MESSAGE, "ce-id": "3" }, "{}");
  const other = {
    "ce-connectionId": "conn-0002",
    "ce-signature": sign("conn-0002"),
  };
  await app.send({ ...MESSAGE, ...other }, "{}");
  await app.send(MESSAGE, "other");
  assert.equal(runs, 5);
});

Deno.test("where the answer is not kept, a connect is run again and a user event is 204", async () => {
  let runs = 0;
  const large = "x".repeat(70_000);
  await using app = await startWebPubSub([
    on("webPubSub.message", () => {
      runs++;
      return large;
    }),
    on("webPubSub.connect", () => {
      runs++;
      return { groups: [large] };
    }),
  ]);
  assert.equal((answered(await app.send(MESSAGE, "hi")))[1], large);
  assert.deepEqual(answered(await app.send(MESSAGE, "hi")), [204, ""]);
  assert.equal(runs, 1);
  const [, first] = answered(await app.send(CONNECT, "{}"));
  assert.deepEqual(answered(await app.send(CONNECT, "{}")), [200, first]);
  assert.equal(runs, 3);
});

Deno.test("a second delivery waits for the run of the first, and shares its answer", async () => {
  let runs = 0;
  const gate = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  await using app = await startWebPubSub([
    on("webPubSub.message", async () => {
      runs++;
      started.resolve();
      await gate.promise;
      return "done";
    }),
  ]);
  const first = app.send(MESSAGE, "hi");
  await started.promise;
  const second = app.send(MESSAGE, "hi");
  await until("the second is there", async () => {
    const text = await app.metrics();
    return /http_server_active_requests 2/.test(text) || undefined;
  });
  gate.resolve();
  assert.deepEqual(answered(await first), [200, "done"]);
  assert.deepEqual(answered(await second), [200, "done"]);
  assert.equal(runs, 1);
});

Deno.test("what nobody waits for is answered at once and run until it is done", async () => {
  const runs: number[] = [];
  const gate = Promise.withResolvers<void>();
  await using app = await startWebPubSub([
    on("webPubSub.connected", async ({ data, id }, { attempt }) => {
      await gate.promise;
      runs.push(attempt);
      assert.equal(data.connection.userId, "user1");
      assert.match(id, /^chat:conn-0001:2:/);
      if (attempt === 1) throw new RetryableError("later");
    }),
  ]);
  for (let time = 0; time < 2; time++) {
    const response = await app.send(CONNECTED, "{}");
    assert.deepEqual(answered(response), [200, ""]);
  }
  gate.resolve();
  await until("both are done", async () => {
    const text = await app.metrics();
    return /inbox_events\{state="waiting"\} 0\n/.test(text) &&
        /inbox_events\{state="retrying"\} 0\n/.test(text) &&
        runs.length === 2 || undefined;
  });
  assert.deepEqual(runs, [1, 2]);
});

Deno.test("an inbox that is full is answered 503, and takes no more", async () => {
  const gate = Promise.withResolvers<void>();
  await using app = await startWebPubSub([
    on("webPubSub.connected", () => gate.promise),
  ], { inboxMaxBytes: 2_000 });
  const answers: Answer[] = [];
  for (let id = 1; id <= 6; id++) {
    answers.push(await app.send({ ...CONNECTED, "ce-id": `${id}` }, "{}"));
  }
  assert.equal(answers.at(0)?.status, 200);
  assert.equal(answers.at(-1)?.status, 503);
  assert.equal(answers.at(-1)?.headers.get("retry-after"), "1");
  assert.match(
    await app.metrics(),
    /inbox_refused_total\{source="webPubSub",reason="full"\} [1-5]\n/,
  );
  gate.resolve();
});

Deno.test("events that nobody waits for and that make no sense are refused, and not written down", async () => {
  await using app = await startWebPubSub([
    on("webPubSub.disconnected", () => {}),
  ]);
  const headers = {
    ...CONNECTED,
    "ce-type": "azure.webpubsub.sys.disconnected",
  };
  assert.deepEqual(answered(await app.send(headers, "{")), [400, ""]);
  assert.match(await app.metrics(), /inbox_events\{state="waiting"\} 0\n/);
});

Deno.test("hubs that are not named are 404, WEBPUBSUB_CODE has to come with each event", async () => {
  await using app = await startWebPubSub([
    on("webPubSub.message", () => "ok"),
  ], { webPubSubHubs: ["Chat"], webPubSubCode: new Secret("hush") });
  const search = "?code=hush";
  assert.equal((await app.send(MESSAGE, "hi", { search })).status, 200);
  const other = { ...MESSAGE, "ce-hub": "other" };
  assert.equal((await app.send(other, "hi", { search })).status, 404);
  for (const search of ["", "?code=", "?code=hush2", "?code=hush&code=hush"]) {
    assert.equal((await app.send(MESSAGE, "hi", { search })).status, 401);
  }
  // The preflight has no code: it proves nothing.
  const preflight = await app.send(
    { "WebHook-Request-Origin": "foo.webpubsub.azure.com" },
    "",
    { method: "OPTIONS" },
  );
  assert.equal(preflight.status, 200);
  const text = JSON.stringify(
    app.log.lines,
    (_key, value) => value instanceof Error ? String(value) : value,
  );
  assert.doesNotMatch(text, /hush/);
});

Deno.test("events that take more memory than there is wait for Web PubSub to send them again", async () => {
  await using app = await startWebPubSub([
    on("webPubSub.message", () => "ok"),
  ], { eventMemoryBytes: 40_000 });
  const headers = userEvent("message", "application/json");
  assert.equal((await app.send(headers, "[1]")).status, 200);
  const dear = JSON.stringify(Array(3_000).fill({}));
  assert.equal((await app.send(headers, dear)).status, 400);
  const [letter] = await app.letters();
  assert.equal(letter?.outcome, "rejected");
});

Deno.test("a password of MQTT reaches its handler, and no log and no dead letter", async () => {
  let seen: string | undefined;
  await using app = await startWebPubSub([
    on("webPubSub.connect", ({ data }) => {
      seen = data.mqtt?.password;
      throw new TerminalError("no");
    }),
  ]);
  const headers = { ...CONNECT, "ce-physicalConnectionId": "phy-1" };
  const body = {
    headers: { Cookie: ["hush-cookie"], Other: ["kept"] },
    mqtt: { protocolVersion: 5, username: "me", password: "aHVzaA==" },
  };
  assert.equal((await app.send(headers, JSON.stringify(body))).status, 400);
  assert.equal(seen, "aHVzaA==");
  const [letter] = await app.letters();
  const text = JSON.stringify(letter);
  assert.match(text, /"username":"me"/);
  assert.match(text, /kept/);
  assert.doesNotMatch(text, /aHVzaA|hush-cookie/);
  assert.doesNotMatch(JSON.stringify(app.log.lines), /aHVzaA|hush-cookie/);
});

Deno.test("several handlers take one event, and one of them answers", async () => {
  const seen: string[] = [];
  await using app = await startWebPubSub([
    on("webPubSub.message", () => void seen.push("one"), { name: "one" }),
    on("webPubSub.message", () => "two", { name: "two" }),
  ]);
  assert.deepEqual(answered(await app.send(MESSAGE, "hi")), [200, "two"]);
  assert.deepEqual(seen, ["one"]);
});

Deno.test("Web PubSub that went away ends its event", async () => {
  const reason = Promise.withResolvers<unknown>();
  const started = Promise.withResolvers<void>();
  await using app = await startWebPubSub([
    on("webPubSub.message", (_event, { signal }) => {
      started.resolve();
      return new Promise((_resolve, reject) =>
        signal.addEventListener("abort", () => {
          reason.resolve(signal.reason);
          reject(signal.reason);
        })
      );
    }),
  ]);
  const caller = new AbortController();
  const port = app.service.portOf("webPubSub");
  const sent = fetch(`http://127.0.0.1:${port}/upstream`, {
    method: "POST",
    headers: MESSAGE,
    body: "hi",
    signal: caller.signal,
  }).catch(() => {});
  await started.promise;
  caller.abort();
  await sent;
  assert.equal((await reason.promise as Error).name, "CancelledError");
});

Deno.test("a handler for webPubSub.user.message does not start, and is told what is meant", async () => {
  const cases = [
    ["webPubSub.user.message", "webPubSub.message"],
    ["webPubSub.user.message@chat", "webPubSub.message@chat"],
    ["webPubSub.conect", "webPubSub.connect"],
  ] as const;
  for (const [type, meant] of cases) {
    await assert.rejects(
      startWebPubSub([on(type as "webPubSub.connect", () => {})]),
      (error) =>
        error instanceof AppError &&
        error.message.includes(`did you mean "${meant}"`),
      type,
    );
  }
});

Deno.test("settings that are not complete are told, and never a key", () => {
  const problemsOf = (env: Readonly<Record<string, string>>) => {
    try {
      parseAll({ ...REQUIRED_VARIABLES, SOURCES: "webPubSub", ...env });
      return [];
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      return error.problems;
    }
  };
  assert.match(
    problemsOf({})[0] ?? "",
    /^WEBPUBSUB_CONNECTION_STRINGS is none: SOURCES has webPubSub/,
  );
  assert.deepEqual(problemsOf({ WEBPUBSUB_AUTH: "none" }), []);
  const strings = `${connectionString(K1)} Endpoint=nonsense`;
  const [problem = "", ...more] = problemsOf({
    WEBPUBSUB_CONNECTION_STRINGS: strings,
  });
  assert.deepEqual(more, []);
  assert.match(problem, /its string 2 is no connection string/);
  assert.ok(!problem.includes(K1));
  assert.equal(problemsOf({ WEBPUBSUB_AUTH: "entra" }).length, 4);
  assert.deepEqual(
    problemsOf({
      WEBPUBSUB_AUTH: "key+entra",
      WEBPUBSUB_CONNECTION_STRINGS: connectionString(K1),
      WEBPUBSUB_ENTRA_TENANT_ID: "t",
      WEBPUBSUB_ENTRA_AUDIENCE: "a",
      WEBPUBSUB_ENTRA_CLIENT_IDS: "c",
    }),
    [],
  );
});

Deno.test("an event without ce-id is another one each time", async () => {
  let runs = 0;
  await using app = await startWebPubSub([
    on("webPubSub.message", () => `${++runs}`),
  ]);
  const headers = without(MESSAGE, "ce-id");
  assert.equal((answered(await app.send(headers, "hi")))[1], "1");
  assert.equal((answered(await app.send(headers, "hi")))[1], "2");
});

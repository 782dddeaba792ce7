import assert from "node:assert/strict";
import type { Fault } from "../../dev/emulator/mod.ts";
import { createAnswerMemory } from "../../lib/ags/answer_memory.ts";
import type { AgsObserver } from "../../lib/ags/observer.ts";
import { CancelledError, DeadlineError } from "../../lib/core/errors.ts";
import { FULFILLMENT, open, rejection, TOKEN, until } from "./_client.ts";
import { exchange } from "../../lib/ags/exchange.ts";
import { deadUrl, serveBytes } from "./_server.ts";

const GRANT = `POST ${FULFILLMENT}`;
const LOGIN = `POST ${TOKEN}`;

/** Notes what it is told: `code name`, and the rest in words. */
function recorder(): {
  readonly observer: AgsObserver;
  readonly told: string[];
} {
  const told: string[] = [];
  return {
    told,
    observer: {
      exchanged({ name, code, milliseconds }) {
        assert.ok(milliseconds >= 0);
        told.push(`${code} ${name}`);
      },
      retried: (name) => void told.push(`again ${name}`),
      loggedIn: (isSuccess) => void told.push(`login ${isSuccess}`),
      rateLimited: ({ isSent }) =>
        void told.push(isSent ? "delayed" : "held back"),
      refused: ({ by, name }) => void told.push(`${by} ${name}`),
      breakerChanged: (state) => void told.push(`breaker ${state}`),
    },
  };
}

Deno.test("A request and its login are told of by their routes, without the values", async () => {
  const { observer, told } = recorder();
  await using session = await open({ observer });
  await session.grant("player-one");
  assert.deepEqual(told, [`200 ${LOGIN}`, "login true", `200 ${GRANT}`]);
});

Deno.test("Requests that are sent again are told of one by one", async () => {
  const { observer, told } = recorder();
  await using session = await open({ observer });
  session.emulator.faults.set([
    { kind: "error", status: 503, times: 2, match: { path: FULFILLMENT } },
  ]);
  await session.grant();
  assert.deepEqual(told.slice(2), [
    `503 ${GRANT}`,
    `again ${GRANT}`,
    `503 ${GRANT}`,
    `again ${GRANT}`,
    `200 ${GRANT}`,
  ]);
});

Deno.test("A refusal that no event can mend is told of, with who refuses", async () => {
  const { observer, told } = recorder();
  await using session = await open({ observer });
  const match = { path: FULFILLMENT };
  for (
    const fault of [
      { kind: "error", status: 403, errorCode: 20013, match },
      { kind: "html", status: 403, match },
      { kind: "error", status: 404, errorCode: 30341, match },
    ] as const
  ) {
    session.emulator.faults.set([fault]);
    await rejection(session.grant());
  }
  assert.deepEqual(told.slice(2), [
    `403 ${GRANT}`,
    `permission ${GRANT}`,
    `403 ${GRANT}`,
    `proxy ${GRANT}`,
    `404 ${GRANT}`,
  ]);
});

Deno.test("A request that is sent again with a new token is told of", async () => {
  const { observer, told } = recorder();
  await using session = await open({ observer });
  session.emulator.faults.set([
    { kind: "unauthorized", times: 1, match: { path: FULFILLMENT } },
  ]);
  await session.grant();
  assert.deepEqual(told, [
    `200 ${LOGIN}`,
    "login true",
    `401 ${GRANT}`,
    `200 ${LOGIN}`,
    "login true",
    `again ${GRANT}`,
    `200 ${GRANT}`,
  ]);
});

Deno.test("A login that fails is told of", async () => {
  const { observer, told } = recorder();
  await using session = await open({ observer, backoff: { maxAttempts: 1 } });
  session.emulator.faults.set([
    { kind: "error", status: 500, match: { path: TOKEN } },
  ]);
  await rejection(session.grant());
  assert.deepEqual(told, [`500 ${LOGIN}`, "login false"]);
});

const CODES: readonly (readonly [code: string, fault: Fault])[] = [
  ["404", { kind: "error", status: 404 }],
  ["429", { kind: "tooManyRequests", retryAfter: 0 }],
  ["502", { kind: "html", status: 502 }],
  ["network", { kind: "reset" }],
  ["timeout", { kind: "hang" }],
];

for (const [code, fault] of CODES) {
  Deno.test(`A request that AGS answers with ${fault.kind} is told of as ${code}`, async () => {
    const { observer, told } = recorder();
    await using session = await open({
      observer,
      requestTimeout: 200,
      backoff: { maxAttempts: 1 },
    });
    await session.client.ready(new AbortController().signal);
    session.emulator.faults.set([fault]);
    await rejection(session.grant());
    assert.deepEqual(told.slice(2), [`${code} ${GRANT}`]);
  });
}

for (
  const [code, reason] of [
    ["deadline", new DeadlineError("over")],
    ["cancelled", new CancelledError("gone")],
    ["cancelled", new Error("the handler's own")],
  ] as const
) {
  Deno.test(`A request that ends with its event's ${reason.name} is told of as ${code}`, async () => {
    const { observer, told } = recorder();
    await using session = await open({ observer });
    await session.client.ready(new AbortController().signal);
    session.emulator.faults.set([{ kind: "hang" }]);
    const controller = new AbortController();
    const grant = rejection(session.grant("u", { signal: controller.signal }));
    await until(() => session.seen(FULFILLMENT) === 1);
    controller.abort(reason);
    await grant;
    assert.deepEqual(told.slice(2), [`${code} ${GRANT}`]);
  });
}

const ANSWERS = [
  ["invalid", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n<x"],
  [
    "invalid",
    `HTTP/1.1 200 OK\r\ncontent-length: 9000000\r\n\r\n${
      "x".repeat(9_000_000)
    }`,
  ],
  ["network", 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"a'],
  ["network", "HTTP/1.1 404 Not Found\r\ncontent-length: 9\r\n\r\n{"],
  ["302", "HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n"],
  ["204", "HTTP/1.1 204 No Content\r\n\r\n"],
] as const;

for (const [code, answer] of ANSWERS) {
  Deno.test(`An exchange answered with ${answer.slice(0, 50).trim()} is told of as ${code}`, async () => {
    const { observer, told } = recorder();
    await using server = serveBytes(async (connection) => {
      const bytes = new TextEncoder().encode(answer);
      for (let at = 0; at < bytes.length;) {
        at += await connection.write(bytes.subarray(at));
      }
    });
    await exchange("GET /x", `${server.url}/x`, {}, {
      signal: new AbortController().signal,
      timeout: 10_000,
      account: createAnswerMemory().open(),
      observer,
    }).catch(() => {});
    assert.deepEqual(told, [`${code} GET /x`]);
  });
}

Deno.test("An exchange with nobody there is told of as network", async () => {
  const { observer, told } = recorder();
  const { signal } = new AbortController();
  const account = createAnswerMemory().open();
  const options = { signal, timeout: 10_000, account, observer };
  await rejection(exchange("GET /x", deadUrl(), {}, options));
  assert.deepEqual(told, ["network GET /x"]);
});

Deno.test("Each change of the breaker is told of, and what it keeps back is no request", async () => {
  const { observer, told } = recorder();
  let now = 0;
  await using session = await open({
    observer,
    backoff: { maxAttempts: 1 },
    breaker: { threshold: 2, coolDown: 1_000, now: () => now },
  });
  await session.client.ready(new AbortController().signal);
  session.emulator.faults.set([{ kind: "error", status: 503, times: 3 }]);
  for (let time = 0; time < 4; time++) await rejection(session.grant());
  now = 1_000;
  await rejection(session.grant());
  now = 2_000;
  await session.grant();
  assert.deepEqual(told.slice(2), [
    `503 ${GRANT}`,
    `503 ${GRANT}`,
    "breaker open",
    // Two were kept back. The next one is the trial, and fails.
    "breaker half-open",
    `503 ${GRANT}`,
    "breaker open",
    "breaker half-open",
    `200 ${GRANT}`,
    "breaker closed",
  ]);
});

Deno.test("The client says how old its token is, once it has one", async () => {
  await using session = await open({ emulator: { tokenLifetime: 100 } });
  assert.equal(session.client.token, undefined);
  await session.client.ready(new AbortController().signal);
  const { age, expiresIn } = session.client.token ??
    { age: NaN, expiresIn: NaN };
  assert.ok(age >= 0 && age < 60_000, `${age}`);
  assert.ok(Math.abs(age + expiresIn - 100_000) < 1e-6, `${age} ${expiresIn}`);
});

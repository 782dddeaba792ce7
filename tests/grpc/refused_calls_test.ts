import assert from "node:assert/strict";
import * as grpc from "@grpc/grpc-js";
import type { Result } from "../../lib/core/outcome.ts";
import type { CallObserver } from "../../lib/grpc/call_observer.ts";
import type { GrpcServerOptions } from "../../lib/grpc/server.ts";
import { recordLog } from "../_support/log.ts";
import { until } from "../ags/_client.ts";
import { grpcMessage } from "../conformance/_http2.ts";
import { checkHealth } from "./_clients.ts";
import { call, connect } from "./_grpc.ts";
import {
  beginning,
  type Call,
  connection,
  MEGABYTE,
  type OpenOptions,
  PATH,
  start,
} from "./_half_calls.ts";
import { concat } from "./_wire.ts";

const REFUSED = "Call was refused before it became an event";
const EMPTY = grpcMessage(new Uint8Array());

/** A server that writes down which codes it tells of. */
async function startTelling(
  options: Partial<GrpcServerOptions> = {},
  dispatch?: () => Promise<Result>,
) {
  const codes: string[] = [];
  const observer: CallObserver = {
    methodOf: () => ({
      started() {},
      received() {},
      sent() {},
      ended: (code) => void codes.push(grpc.status[code] ?? `${code}`),
    }),
  };
  const log = recordLog();
  const server = await start({ ...options, observer, log }, dispatch);
  const refused = () =>
    log.lines.filter(({ message }) => message === REFUSED)
      .map(({ fields: { method, code } }) => ({ method, code }));
  return { server, log, codes, refused };
}

interface Refusal {
  readonly code: keyof typeof grpc.status;
  readonly options?: Partial<GrpcServerOptions>;
  readonly open?: OpenOptions;
  readonly send: (call: Call) => Promise<void> | void;
}

const REFUSALS: Readonly<Record<string, Refusal>> = {
  "has no message": { code: "INTERNAL", send: (each) => each.end() },
  "has half a message": {
    code: "INTERNAL",
    async send(each) {
      await each.write(beginning(1_000, 100));
      each.end();
    },
  },
  "has two messages": {
    code: "INTERNAL",
    async send(each) {
      await each.write(concat(EMPTY, EMPTY));
      each.end();
    },
  },
  "is not allowed": {
    code: "UNAUTHENTICATED",
    options: {
      authorize: () => ({
        code: grpc.status.UNAUTHENTICATED,
        details: "Who is there?",
        metadata: new grpc.Metadata(),
      }),
    },
    async send(each) {
      await each.write(EMPTY);
      each.end();
    },
  },
  "has more messages than its method takes, one of them too large": {
    code: "RESOURCE_EXHAUSTED",
    open: { path: "/grpc.health.v1.Health/Check" },
    async send(each) {
      await each.write(beginning(5 * MEGABYTE, 1_000));
      await each.write(concat(EMPTY, EMPTY));
      each.end();
    },
  },
  "does not come before its deadline": {
    code: "DEADLINE_EXCEEDED",
    open: { headers: { "grpc-timeout": "20m" } },
    async send(each) {
      await each.write(beginning(1_000, 100));
      await each.answered;
      each.cancel();
    },
  },
};

for (const [what, { code, options, open, send }] of Object.entries(REFUSALS)) {
  Deno.test(`A call that ${what} is in log and metrics once, with what its caller got`, async () => {
    const { server, codes, refused } = await startTelling(options);
    using _server = server;
    await using client = connection(server.port);
    const each = client.open(open);
    await send(each);
    assert.equal(await each.over, `status ${grpc.status[code]}`);
    assert.deepEqual(codes, [code]);
    assert.deepEqual(refused(), [{ method: open?.path ?? PATH, code }]);
  });
}

Deno.test("A call that its handler answers is not said to be refused, whatever the answer is", async () => {
  const { server, codes, log } = await startTelling(
    {},
    () => Promise.resolve({ outcome: "rejected", reason: "bad_event" }),
  );
  using _server = server;
  await using channel = connect(server.port);
  assert.equal(
    (await call(channel.client, PATH)).status,
    "INVALID_ARGUMENT",
  );
  assert.equal(await checkHealth(channel.client, "none"), "NOT_FOUND");
  assert.deepEqual(codes, ["INVALID_ARGUMENT", "NOT_FOUND"]);
  assert.deepEqual(log.lines, []);
});

Deno.test("A call whose deadline passes while its event is handled is not said to be refused", async () => {
  const result = Promise.withResolvers<Result>();
  const { server, codes, log } = await startTelling({}, () => result.promise);
  using _server = server;
  await using client = connection(server.port);
  const each = client.open({ headers: { "grpc-timeout": "20m" } });
  await each.write(EMPTY);
  each.end();
  const status = grpc.status.DEADLINE_EXCEEDED;
  assert.equal(await each.over, `status ${status}`);
  result.resolve({ outcome: "failed", reason: "deadline" });
  assert.deepEqual(codes, ["DEADLINE_EXCEEDED"]);
  assert.deepEqual(log.lines, []);
});

for (
  const [what, code, options] of [
    ["time", "UNAVAILABLE", { receiveTimeout: 100 }],
    ["memory", "RESOURCE_EXHAUSTED", {}],
  ] as const
) {
  Deno.test(`A call that is reset for its ${what} is in log and metrics with what its caller reads the reset as`, async () => {
    const { server, codes, log } = await startTelling(options);
    using _server = server;
    await using client = connection(server.port);
    const calls = [client.open()];
    if (what === "memory") {
      // Nine of four megabytes do not fit into 32.
      for (let index = 0; index < 8; index++) calls.push(client.open());
      for (const each of calls) {
        await each.write(beginning(4 * MEGABYTE, 4 * MEGABYTE));
      }
    }
    assert.equal(typeof await calls[0]?.over, "number", "it is reset");
    await until(() => codes.length > 0);
    assert.equal(codes[0], code);
    if (what === "memory") return;
    await until(() => log.lines.length > 0);
    assert.deepEqual(log.lines, [{
      level: "warn",
      message: "Calls were ended before their message was complete",
      fields: { reason: what, code, count: 1 },
    }]);
  });
}

Deno.test("A call that its caller resets is told of as cancelled, whatever code it takes", async () => {
  const { server, codes, log } = await startTelling();
  using _server = server;
  await using client = connection(server.port);
  const each = client.open();
  await each.write(beginning(1_000, 100));
  each.cancel();
  await until(() => codes.length > 0);
  assert.deepEqual(codes, ["CANCELLED"]);
  assert.deepEqual(log.lines, []);
});

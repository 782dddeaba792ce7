/**
 * What a rule is tested in: AGS, the service as a process, and a caller.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { ClientUnaryCall, ServiceError } from "@grpc/grpc-js";
import {
  CONSUMABLE_ITEM_ID,
  DEFAULT_CLIENT_ID,
  type Emulator,
  startEmulator,
} from "../../dev/emulator/mod.ts";
import {
  type Answer,
  call,
  type CallOptions,
  type Channel,
  connect,
} from "../grpc/_grpc.ts";
import { eventBytes, type EventOptions, LOGGED_IN, PATHS } from "./_events.ts";
import { type Gate, startGate } from "./_gate.ts";
import type { StartTarget, Target, TargetOptions } from "./_target.ts";

/** The form of the service that is tested. */
export interface Suite {
  /** What the form is called in test names: `source`, `executable`. */
  readonly name: string;
  /** How it is started. */
  readonly startTarget: StartTarget;
  /** Whether it reads a `.env` file in its working directory. */
  readonly readsEnvFile: boolean;
  /** Bytes of memory that its runtime is known to lose with each connection. */
  readonly knownLeak: number;
  /** Whether its runtime can send HTTP/2 pings. */
  readonly canPing: boolean;
  /** Whether `OTEL_DENO` in its environment has its runtime send OTLP. */
  readonly sendsOtlp: boolean;
}

/** Secret of the client that logs in; no output may have it. */
export const CLIENT_SECRET = "conformance-secret-5f0a7c";

/** AGS, the service and a caller. Disposing ends all of them. */
export interface World extends AsyncDisposable {
  /** AGS. */
  readonly emulator: Emulator;
  /** The gate before AGS; there when it was asked for. */
  readonly gate: Gate | undefined;
  /** The service. */
  readonly target: Target;
  /** A caller's connection. */
  readonly channel: Channel;
  /** Sends an event, a login unless said otherwise, as the connector does. */
  send(options?: SendOptions): Promise<Answer>;
  /** How often a player was granted the item. */
  grants(userId: string): number;
}

/** Options of {@linkcode World.send}. */
export interface SendOptions extends EventOptions, CallOptions {
  /** Sent as they are. @default {the event that the other options describe} */
  readonly bytes?: Uint8Array;
}

/** Options of {@linkcode startWorld}. */
export interface WorldOptions extends
  Partial<
    Pick<
      TargetOptions,
      "mayComplain" | "group" | "cwd" | "isUnread" | "redirection"
    >
  > {
  /** Variables beside those that every process needs. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether grants wait at a gate. @default {false} */
  readonly hasGate?: boolean;
}

/** Starts AGS and the service. */
export async function startWorld(
  suite: Suite,
  { env = {}, hasGate = false, ...rest }: WorldOptions = {},
): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const emulator = stack.use(
    await startEmulator({ clientSecret: CLIENT_SECRET }),
  );
  const gate = hasGate ? stack.use(startGate(emulator.url)) : undefined;
  const target = stack.use(
    await suite.startTarget({
      env: {
        ...environment(emulator),
        ...(gate !== undefined && { AB_BASE_URL: gate.url }),
        ...env,
      },
      ...rest,
    }),
  );
  const channel = stack.use(connect(target.grpcPort));
  recordAnswers(channel, target);
  const itemId = env["ITEM_ID_TO_GRANT"] ?? CONSUMABLE_ITEM_ID;
  const all = stack.move();
  return {
    emulator,
    gate,
    target,
    channel,
    send({ type = LOGGED_IN, bytes, timeout, headers, onCall, ...event } = {}) {
      return call(
        channel.client,
        PATHS[type],
        bytes ?? eventBytes(emulator.namespace, { type, ...event }),
        {
          ...(timeout !== undefined && { timeout }),
          ...(headers !== undefined && { headers }),
          ...(onCall !== undefined && { onCall }),
        },
      );
    },
    grants: (userId) => emulator.state.grantCount(userId, itemId).grants,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

type UnaryCallback = (error: ServiceError | null, value: unknown) => void;
type UnaryRequest = (...args: readonly unknown[]) => ClientUnaryCall;

/** Has what calls are answered be searched for secrets at the end, whoever makes them. */
function recordAnswers({ client }: Channel, target: Target): void {
  // Of all its forms, only that the callback comes last matters here.
  const methods = client as unknown as { makeUnaryRequest: UnaryRequest };
  const request = methods.makeUnaryRequest.bind(client);
  methods.makeUnaryRequest = (...args) => {
    const callback = args.at(-1) as UnaryCallback;
    const recorded: UnaryCallback = (error, value) => {
      const { details, metadata } = error ?? {};
      target.answered(JSON.stringify({ details, metadata }));
      callback(error, value);
    };
    return request(...args.slice(0, -1), recorded);
  };
}

/** The variables that a process needs to work with this AGS. */
export function environment(
  emulator: Pick<Emulator, "url" | "namespace">,
): Record<string, string> {
  return {
    AB_BASE_URL: emulator.url,
    AB_CLIENT_ID: DEFAULT_CLIENT_ID,
    AB_CLIENT_SECRET: CLIENT_SECRET,
    AB_NAMESPACE: emulator.namespace,
    ITEM_ID_TO_GRANT: CONSUMABLE_ITEM_ID,
    // By default they would be kept in the folder in which the tests run.
    DEAD_LETTER: "log",
  };
}

/** Registers rules that share one process; each is a step with its own name. */
export type Rule = (name: string, run: () => Promise<void>) => Promise<void>;

/**
 * Tests rules in one world, in order. After each one the process must be alive, so
 * that a rule that ends it is the one that fails.
 */
export function rulesOf(test: Deno.TestContext, world: World): Rule {
  const { target, emulator } = world;
  let isAlive = true;
  target.exited.then(() => isAlive = false);
  return async (name, run) => {
    await test.step({
      name,
      // Connections and pipes are shared: the whole test is checked for leaks.
      sanitizeOps: false,
      sanitizeResources: false,
      async fn() {
        assert.ok(isAlive, "Service has ended in an earlier rule");
        emulator.faults.clear();
        await run();
        const { status } = await call(
          world.channel.client,
          "/grpc.health.v1.Health/Check",
        );
        assert.equal(status, "OK", "Service does not answer any more");
      },
    });
  };
}

/**
 * AGS for tests: the emulator, started with the first request.
 *
 * @module
 */

import type { Fault } from "../../dev/emulator/fault_schema.ts";
import {
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  type Emulator,
  type EmulatorOptions,
  type JournalGrant,
  startEmulator,
} from "../../dev/emulator/mod.ts";
import { type AgsBinding, createAgsClient } from "../ags/client.ts";
import { Secret } from "../config/secret.ts";
import type { Ags } from "../core/context.ts";

/** A request that AGS was asked. */
export interface AskedRequest {
  /** The HTTP method. */
  readonly method: string;
  /** The path as the API reference writes it, or as it was sent where none fits. */
  readonly route: string;
  /** The path as it was sent. */
  readonly path: string;
  /** What it was answered; `null` when the answer was lost. */
  readonly status: number | null;
  /** What was sent, where it was JSON of at most 4,096 characters. */
  readonly body?: unknown;
}

/** What a test sees of AGS, and does to it. */
export interface TestAgs {
  /** What was asked, in order, logins left out. */
  readonly requests: readonly AskedRequest[];
  /** The items that were granted, in order. */
  readonly grants: readonly JournalGrant[];
  /**
   * Has requests fail.
   *
   * @example AGS answers 503 twice, and then as it should
   * ```ts
   * app.ags.fail({ kind: "error", status: 503, times: 2 });
   * ```
   *
   * @param faults What goes wrong, one after the other.
   */
  fail(...faults: readonly Fault[]): void;
  /** Has all requests go well again. */
  heal(): void;
  /**
   * The emulator itself: wallets, statistics, records.
   *
   * @returns The emulator, started if it was not.
   */
  emulator(): Promise<Emulator>;
}

/** {@linkcode TestAgs}, and the way by which handlers reach it. */
export interface BoundAgs extends TestAgs, AsyncDisposable {
  /** AGS, for one event. */
  bind(binding: AgsBinding): Ags;
}

/** Time for the login to the emulator, in milliseconds. */
const LOGIN_TIME = 10_000;

/** Makes it. Nothing is started, and no port opened, before a handler asks. */
export function createTestAgs(
  options: EmulatorOptions & { readonly namespace: string },
): BoundAgs {
  const stack = new AsyncDisposableStack();
  let faults: readonly Fault[] = [];
  let started: Emulator | undefined;
  let starting: ReturnType<typeof start> | undefined;

  async function start() {
    const emulator = stack.use(await startEmulator(options));
    const client = stack.use(createAgsClient({
      baseUrl: emulator.url,
      clientId: DEFAULT_CLIENT_ID,
      clientSecret: new Secret(DEFAULT_CLIENT_SECRET),
      namespace: options.namespace,
      // Retried as in production, but nobody waits for it.
      backoff: { random: () => 0 },
      // What a test has fail is no outage that others are to be spared.
      breaker: { threshold: Infinity },
    }));
    // Logged in first: faults are for what handlers ask.
    await client.ready(AbortSignal.timeout(LOGIN_TIME));
    emulator.faults.set([...faults]);
    started = emulator;
    return { emulator, client };
  }

  const begin = () => starting ??= start();

  function setFaults(wanted: readonly Fault[]): void {
    faults = wanted;
    started?.faults.set([...faults]);
  }

  return {
    get requests() {
      return (started?.journal.requests() ?? [])
        .filter(({ path }) => !path.startsWith("/iam/v3/oauth/"))
        .map(({ method, path, route = path, status, body }) => ({
          method,
          route,
          path,
          status,
          ...(body !== undefined && { body }),
        }));
    },
    get grants() {
      return started?.journal.grants() ?? [];
    },
    fail: (...more) => setFaults([...faults, ...more]),
    heal: () => setFaults([]),
    emulator: async () => (await begin()).emulator,
    bind: (binding) => ({
      namespace: options.namespace,
      async request<T>(...args: Parameters<Ags["request"]>): Promise<T> {
        const { client } = await begin();
        return await client.bind(binding).request<T>(...args);
      },
    }),
    async [Symbol.asyncDispose]() {
      await starting?.catch(() => {});
      await stack.disposeAsync();
    },
  };
}
